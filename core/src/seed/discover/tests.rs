//! Files of a project, and the names that mean them.

use super::*;

const FLAVOURS: Flavours = crate::sql::test_flavours::ALL;

fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Project) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("database/seeders")).unwrap();
    std::fs::create_dir_all(root.path().join("tests/factories")).unwrap();
    for (path, text) in files {
        std::fs::write(root.path().join(path), text).unwrap();
    }
    let project = Project::open(root.path(), &FLAVOURS).unwrap();
    (root, project)
}

fn classes(seeders: &[AnySeeder]) -> Vec<&str> {
    seeders.iter().map(AnySeeder::class).collect()
}

#[test]
fn a_name_stands_for_a_class_however_it_is_written() {
    for name in ["UserSeeder", "user_seeder", "user_seeder.toml", "user-seeder", "user_seeder.sql"] {
        assert_eq!(class_of(name), "UserSeeder");
    }
    assert_eq!(class_of("blog_post_factory"), "BlogPostFactory");
}

#[test]
fn seeders_of_both_kinds_come_after_those_that_they_name() {
    let (_root, project) = project(&[
        ("database/seeders/a_seeder.toml", "[seeder]\nafter = [\"CSeeder\"]"),
        ("database/seeders/b_seeder.sql", "-- after a_seeder\n-- seed none\n"),
        ("database/seeders/c_seeder.toml", ""),
        ("database/seeders/countries.csv", "code"),
        ("database/seeders/.hidden_seeder.toml", "nonsense"),
    ]);
    let files = SeedFiles::seeders(&project).unwrap();
    assert_eq!(files.find("b_seeder").unwrap().shown, "database/seeders/b_seeder.sql");
    let seeders = read_seeders(&files, &FLAVOURS).unwrap();
    assert_eq!(classes(&seeders), ["CSeeder", "ASeeder", "BSeeder"]);
}

#[test]
fn a_project_without_the_folder_has_no_seeders() {
    let root = tempfile::tempdir().unwrap();
    let project = Project::open(root.path(), &FLAVOURS).unwrap();
    let files = SeedFiles::seeders(&project).unwrap();
    assert!(files.is_empty());
    let error = files.find("UserSeeder").unwrap_err();
    assert_eq!(error.code(), "seed.unknown-class");
    assert_eq!(error.help(), Some("database/seeders has none; make it: fastman make:seeder user"));
}

#[test]
fn an_unknown_class_names_the_nearest() {
    let (_root, project) = project(&[("database/seeders/user_seeder.toml", "")]);
    let files = SeedFiles::seeders(&project).unwrap();
    for name in ["UsrSeeder", "user", "User", "usr", "UserSeder", "usersseeder"] {
        assert_eq!(files.find(name).unwrap_err().help(), Some("did you mean UserSeeder?"), "{name}");
    }
    assert_eq!(files.find("x").unwrap_err().help(), Some("database/seeders has UserSeeder"));
}

#[test]
fn factories_are_read_and_resolved() {
    let (_root, project) = project(&[
        ("tests/factories/user_factory.toml", "table = \"users\""),
        ("tests/factories/helpers.toml", "nonsense"),
    ]);
    let factories = Factories::read(&SeedFiles::factories(&project).unwrap()).unwrap();
    assert_eq!(factories.iter().count(), 1);
    assert_eq!(factories.get("user_factory").unwrap().class, "UserFactory");
    let source = SourceText::new("a.toml", "factory = \"UserFactry\"");
    let word = Word { text: "UserFactry".into(), span: 10..22 };
    let error = factories.resolve(&word, &source).unwrap_err();
    assert_eq!((error.code(), error.help()), ("seed.unknown-factory", Some("did you mean UserFactory?")));
    assert_eq!(error.location().unwrap().to_string(), "a.toml:1:11");
}

#[test]
fn files_that_can_not_be_told_apart_or_read_are_errors() {
    let list = |files: &[(&str, &str)]| {
        let (_root, project) = project(files);
        SeedFiles::seeders(&project).and_then(|files| read_seeders(&files, &FLAVOURS)).unwrap_err()
    };
    let error = list(&[("database/seeders/a_seeder.toml", ""), ("database/seeders/a_seeder.sql", "")]);
    assert_eq!(error.code(), "seed.duplicate-class");
    let error = list(&[("database/seeders/UserSeeder.toml", "")]);
    assert_eq!(error.code(), "seed.bad-name");
    assert!(error.help().unwrap().ends_with("user_seeder.toml"), "{:?}", error.help());
    let (root, project) = project(&[]);
    std::fs::write(root.path().join("database/seeders/a_seeder.toml"), b"# a\n\xff").unwrap();
    let error = read_seeders(&SeedFiles::seeders(&project).unwrap(), &FLAVOURS).unwrap_err();
    assert_eq!(error.message(), "database/seeders/a_seeder.toml:2: not UTF-8");
}
