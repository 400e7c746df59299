//! Behaviour of derived downs.

use proptest::prelude::*;

use super::*;
use crate::schema::testing::random::{Entropy, changes, numbers, settings};
use crate::schema::testing::*;
use crate::schema::*;

/// Applies the changes, takes them back, and returns what took them back.
fn there_and_back(schema: &Schema, changes: &[Change]) -> Vec<Change> {
    let inverse = invert(changes, schema).unwrap_or_else(|error| panic!("{error}: {changes:?}"));
    let mut result = schema.clone();
    for change in changes.iter().chain(&inverse) {
        result.apply(change).unwrap();
    }
    assert_same(schema, &result);
    inverse
}

fn assert_same(expected: &Schema, actual: &Schema) {
    let tables = |schema: &Schema| schema.tables().map(|table| ordered(table)).collect::<Vec<_>>();
    assert_eq!(tables(expected), tables(actual));
    assert!(expected.views().eq(actual.views()), "{:?} {:?}", expected.views, actual.views);
}

fn reason(changes: &[Change]) -> (usize, String) {
    let error = invert(changes, &blog()).unwrap_err();
    (error.index, error.reason)
}

fn insert(table: &str) -> Change {
    Change::Insert(Insert {
        table: name(table),
        columns: names(&["email"]),
        source: InsertSource::Values(vec![vec![Some(text("x"))]]),
    })
}

fn update(table: &str, column: &str) -> Change {
    Change::Update(Update { table: name(table), assignments: vec![(name(column), Some(text("x")))], filter: None })
}

fn delete(table: &str) -> Change {
    Change::Delete(Delete { table: name(table), filter: None })
}

fn add_column(table: &str, column: Column) -> Change {
    Change::AddColumn { table: name(table), column }
}

#[test]
fn what_was_made_is_dropped_in_reverse_order() {
    let inverse = there_and_back(
        &blog(),
        &[
            Change::CreateTable(table("tags", vec![identity("id")], vec![primary_key("pk_tags", &["id"])])),
            add_column("posts", column("tag_id", ColumnType::BigInt)),
            Change::AddConstraint {
                table: name("posts"),
                constraint: foreign_key("fk_posts_tag_id", &["tag_id"], "tags", &["id"]),
            },
            Change::CreateIndex { table: name("posts"), index: index("ix_posts_tag_id", &["tag_id"]) },
        ],
    );
    assert_eq!(
        inverse,
        [
            Change::DropIndex { table: name("posts"), index: name("ix_posts_tag_id") },
            Change::DropConstraint { table: name("posts"), constraint: name("fk_posts_tag_id") },
            Change::DropColumn { table: name("posts"), column: name("tag_id") },
            Change::DropTable { table: name("tags") },
        ]
    );
}

#[test]
fn a_table_that_the_migration_made_is_dropped_whatever_happened_to_it() {
    let inverse = there_and_back(
        &blog(),
        &[
            Change::CreateTable(table(
                "t",
                vec![required("a", ColumnType::Integer), column("email", ColumnType::Text)],
                vec![],
            )),
            insert("t"),
            Change::DropColumn { table: name("t"), column: name("a") },
            update("t", "email"),
            Change::RenameTable { table: name("t"), to: name("u") },
            delete("u"),
        ],
    );
    assert_eq!(
        inverse,
        [Change::RenameTable { table: name("u"), to: name("t") }, Change::DropTable { table: name("t") }]
    );
}

#[test]
fn what_was_made_and_dropped_again_leaves_nothing_to_do() {
    let inverse = there_and_back(
        &blog(),
        &[
            Change::CreateTable(table("t", vec![required("a", ColumnType::Integer)], vec![])),
            add_column("users", Column { default: Some(integer(1)), ..required("age", ColumnType::Integer) }),
            Change::AlterColumn {
                table: name("users"),
                column: name("age"),
                alteration: ColumnAlteration::Default(None),
            },
            Change::DropTable { table: name("t") },
            Change::DropColumn { table: name("users"), column: name("age") },
        ],
    );
    assert_eq!(inverse, []);
}

#[test]
fn a_table_can_be_replaced_by_one_of_the_same_name() {
    there_and_back(
        &blog(),
        &[
            Change::CreateTable(table("fresh", vec![column("a", ColumnType::Integer)], vec![])),
            Change::RenameTable { table: name("users"), to: name("old") },
            Change::RenameTable { table: name("fresh"), to: name("users") },
        ],
    );
}

#[test]
fn a_dropped_table_comes_back_with_its_keys_indexes_and_comments() {
    let mut schema = blog();
    let comment = |column: Option<&str>, text: &str| Change::Comment {
        table: name("posts"),
        column: column.map(name),
        text: Some(text.into()),
    };
    schema.apply(&comment(None, "Articles")).unwrap();
    schema.apply(&comment(Some("title"), "Shown in lists")).unwrap();
    let inverse = there_and_back(
        &schema,
        &[Change::DropView { view: name("published_posts") }, Change::DropTable { table: name("posts") }],
    );
    let kinds: Vec<&Name> = inverse.iter().map(Change::subject).collect();
    assert_eq!(inverse.len(), 5);
    assert_eq!(kinds[4].as_str(), "published_posts");
    let Change::CreateTable(table) = &inverse[0] else { panic!("the table first") };
    assert!(table.indexes.is_empty() && table.comment.is_none());
}

#[test]
fn a_dropped_column_comes_back_with_its_default_as_the_last_one() {
    let mut schema = blog();
    schema.apply(&Change::DropView { view: name("published_posts") }).unwrap();
    let drop = Change::DropColumn { table: name("posts"), column: name("published") };
    let inverse = there_and_back(&schema, std::slice::from_ref(&drop));
    let Change::AddColumn { column, .. } = &inverse[0] else { panic!("the column") };
    assert_eq!(column, schema.table(&name("posts")).unwrap().column(&name("published")).unwrap());
}

#[test]
fn a_dropped_column_that_rows_would_have_no_value_for_is_irreversible() {
    let schema = blog();
    let error = invert(
        &[
            Change::DropConstraint { table: name("users"), constraint: name("uq_users_email") },
            Change::DropColumn { table: name("users"), column: name("email") },
        ],
        &schema,
    );
    let error = error.unwrap_err();
    assert_eq!(error.index, 1);
    assert_eq!(
        error.reason,
        "it drops column users.email, which is NOT NULL and has no default: rows would have no value for it"
    );
}

#[test]
fn rows_of_tables_that_were_there_are_not_taken_back() {
    assert_eq!(reason(&[insert("users")]), (0, "it inserts rows into users, a table that it did not make".into()));
    assert_eq!(reason(&[delete("users")]).1, "it deletes rows of users, a table that it did not make");
    assert_eq!(reason(&[update("users", "bio")]).1, "it overwrites users.bio, which it did not make");
    let copy = Change::Insert(Insert {
        table: name("users"),
        columns: names(&["email"]),
        source: InsertSource::Select(select("users", &[("email", ColumnType::Varchar(200))])),
    });
    assert_eq!(reason(&[copy]).1, "it copies rows into users, a table that it did not make");
}

#[test]
fn values_of_a_column_that_the_migration_made_go_with_it() {
    let inverse = there_and_back(
        &blog(),
        &[
            add_column("users", column("nick", ColumnType::Text)),
            update("users", "nick"),
            Change::RenameColumn { table: name("users"), column: name("nick"), to: name("alias") },
            update("users", "alias"),
        ],
    );
    assert_eq!(inverse.len(), 2);
    assert_eq!(inverse[1], Change::DropColumn { table: name("users"), column: name("nick") });
}

#[test]
fn a_delete_that_cascades_out_of_the_migrations_own_tables_is_irreversible() {
    let changes = |on_delete| {
        [
            Change::CreateTable(table("tags", vec![identity("id")], vec![primary_key("pk_tags", &["id"])])),
            add_column("users", column("tag_id", ColumnType::BigInt)),
            Change::AddConstraint {
                table: name("users"),
                constraint: foreign_key_on_delete("fk", &["tag_id"], "tags", &["id"], on_delete),
            },
            delete("tags"),
        ]
    };
    there_and_back(&blog(), &changes(OnDelete::NoAction));
    assert_eq!(
        reason(&changes(OnDelete::Cascade)),
        (3, "it deletes rows of tags, and ON DELETE takes rows of tables that it did not make with them".into())
    );
}

#[test]
fn a_retype_is_taken_back_where_engines_agree_on_the_way_back() {
    let retype = |column: &str, to: ColumnType| Change::AlterColumn {
        table: name("users"),
        column: name(column),
        alteration: ColumnAlteration::Type(to),
    };
    there_and_back(&blog(), &[retype("email", ColumnType::Varchar(300))]);
    let mut schema = blog();
    schema.apply(&add_column("users", column("age", ColumnType::Integer))).unwrap();
    let error = invert(&[retype("age", ColumnType::Text)], &schema).unwrap_err();
    assert_eq!(
        error.reason,
        "it makes users.age TEXT, which can't become INTEGER again: engines read text as INTEGER differently"
    );
}

#[test]
fn a_primary_key_taken_back_leaves_its_columns_as_they_were() {
    let schema = {
        let mut schema = blog();
        let loose = table("loose", vec![column("a", ColumnType::Integer), required("b", ColumnType::Integer)], vec![]);
        schema.apply(&Change::CreateTable(loose)).unwrap();
        schema
    };
    let add = Change::AddConstraint { table: name("loose"), constraint: primary_key("pk_loose", &["a", "b"]) };
    assert_eq!(there_and_back(&schema, &[add]).len(), 2);
}

#[test]
fn changes_that_change_nothing_leave_nothing_to_do() {
    let alter = |alteration| Change::AlterColumn { table: name("users"), column: name("bio"), alteration };
    let inverse = there_and_back(
        &blog(),
        &[
            alter(ColumnAlteration::Nullable(true)),
            alter(ColumnAlteration::Default(None)),
            alter(ColumnAlteration::Type(ColumnType::Text)),
            Change::Comment { table: name("users"), column: None, text: None },
        ],
    );
    assert_eq!(inverse, []);
}

#[test]
fn a_constraint_dropped_by_its_derived_name_comes_back_under_its_own() {
    let mut schema = blog();
    schema.apply(&Change::RenameTable { table: name("users"), to: name("people") }).unwrap();
    let drop = Change::DropConstraint { table: name("people"), constraint: name("uq_people_email") };
    let inverse = there_and_back(&schema, &[drop]);
    assert!(
        matches!(&inverse[0], Change::AddConstraint { constraint, .. } if constraint.name == name("uq_users_email"))
    );
}

proptest! {
    #![proptest_config(settings(600))]

    #[test]
    fn whatever_is_taken_back_is_as_it_was(before in numbers(400), after in numbers(400), data in prop::bool::weighted(0.3)) {
        let mut schema = Schema::default();
        changes(&mut schema, &mut Entropy::new(before), 20, false);
        let made = changes(&mut schema.clone(), &mut Entropy::new(after), 20, data);
        match invert(&made, &schema) {
            Ok(inverse) => {
                let mut result = schema.clone();
                for change in made.iter().chain(&inverse) {
                    result.apply(change).unwrap();
                }
                assert_same(&schema, &result);
            }
            Err(error) => {
                let honest = ["NOT NULL and has no default", "can't become", "did not make"];
                prop_assert!(honest.iter().any(|part| error.reason.contains(part)), "{}\n{:#?}", error.reason, made);
            }
        }
    }
}
