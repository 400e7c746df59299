//! Renaming, and everything that follows a name.

use super::*;

fn rename_table(from: &str, to: &str) -> Change {
    Change::RenameTable { table: name(from), to: name(to) }
}

fn rename_column(table: &str, from: &str, to: &str) -> Change {
    Change::RenameColumn { table: name(table), column: name(from), to: name(to) }
}

#[test]
fn foreign_keys_follow_a_renamed_table_and_keep_their_names() {
    let schema = applied(&blog(), rename_table("users", "people"));
    let posts = schema.table(&name("posts")).unwrap();
    let (constraint, key) = posts.foreign_keys().next().unwrap();
    assert_eq!((constraint.as_str(), key.table.as_str()), ("fk_posts_author_id", "people"));
    assert_eq!(schema.owner(&name("pk_users")).unwrap().name, name("people"));
    assert_eq!(schema.children(&name("people")).count(), 1);
    assert_eq!(schema.children(&name("users")).count(), 0);
    assert!(schema.table(&name("users")).is_none());
}

#[test]
fn a_renamed_tables_own_references_follow_it() {
    let tree = table(
        "tree",
        vec![identity("id"), column("parent_id", ColumnType::BigInt)],
        vec![
            primary_key("pk_tree", &["id"]),
            foreign_key("fk_tree", &["parent_id"], "tree", &["id"]),
            check("ck_tree", binary(qualified("tree", "id", ColumnType::BigInt), BinaryOperator::Greater, integer(0))),
        ],
    );
    let schema = applied(&blog(), Change::CreateTable(tree));
    let schema = applied(&schema, rename_table("tree", "wood"));
    let wood = schema.table(&name("wood")).unwrap();
    assert_eq!(wood.foreign_keys().next().unwrap().1.table, name("wood"));
    let ConstraintKind::Check(condition) = &wood.constraints[2].kind else { panic!("the check") };
    condition.for_each_column(&mut |reference| assert_eq!(reference.relation, Some(name("wood"))));
    let schema = applied(&schema, rename_column("wood", "id", "number"));
    let wood = schema.table(&name("wood")).unwrap();
    assert_eq!(wood.foreign_keys().next().unwrap().1.referenced, names(&["number"]));
    assert_eq!(wood.primary_key(), names(&["number"]));
}

#[test]
fn views_follow_a_renamed_table() {
    let schema = applied(&blog(), rename_table("posts", "articles"));
    let query = &schema.view(&name("published_posts")).unwrap().query;
    assert_eq!(query.from.name, name("articles"));
    assert_eq!(refusal(&schema, Change::DropTable { table: name("articles") }).0, "schema.in-use");
}

#[test]
fn a_qualified_view_follows_a_renamed_table_even_where_the_new_name_is_an_alias_in_it() {
    let join = |alias: &str| {
        let mut query = select("users", &[]);
        query.items.push(SelectItem { expression: qualified("users", "id", ColumnType::BigInt), alias: name("id") });
        query.joins.push(Join {
            kind: JoinKind::Inner,
            relation: Relation { name: name("posts"), alias: Some(name(alias)) },
            on: binary(
                qualified(alias, "author_id", ColumnType::BigInt),
                BinaryOperator::Equal,
                qualified("users", "id", ColumnType::BigInt),
            ),
        });
        Change::CreateView(view("v", query))
    };
    let plain = applied(&applied(&blog(), join("p")), rename_table("users", "people"));
    let query = &plain.view(&name("v")).unwrap().query;
    assert_eq!((&query.from.name, &query.from.alias), (&name("people"), &None));
    assert_eq!(query.items[0].expression, qualified("people", "id", ColumnType::BigInt));

    let clash = applied(&applied(&blog(), join("people")), rename_table("users", "people"));
    let query = &clash.view(&name("v")).unwrap().query;
    assert_eq!((&query.from.name, &query.from.alias), (&name("people"), &Some(name("users"))));
    assert_eq!(query.items[0].expression, qualified("users", "id", ColumnType::BigInt));
}

#[test]
fn everything_follows_a_renamed_column() {
    let schema = applied(&blog(), rename_column("users", "id", "number"));
    assert_eq!(schema.table(&name("users")).unwrap().primary_key(), names(&["number"]));
    let posts = schema.table(&name("posts")).unwrap();
    assert_eq!(posts.foreign_keys().next().unwrap().1.referenced, names(&["number"]));

    let schema = applied(&blog(), rename_column("posts", "title", "headline"));
    assert_eq!(schema.table(&name("posts")).unwrap().indexes[0].columns[0].name, name("headline"));
    let query = &schema.view(&name("published_posts")).unwrap().query;
    assert_eq!(query.items[1].expression, reference("headline", ColumnType::Varchar(200)));
    assert_eq!(query.items[1].alias, name("title"));

    let schema = applied(&blog(), rename_column("posts", "score", "points"));
    let ConstraintKind::Check(condition) = &schema.table(&name("posts")).unwrap().constraints[2].kind else {
        panic!("the check")
    };
    assert!(condition.names_column(&name("points")) && !condition.names_column(&name("score")));

    let schema = applied(&blog(), rename_column("posts", "author_id", "writer"));
    assert_eq!(schema.table(&name("posts")).unwrap().foreign_keys().next().unwrap().1.columns, names(&["writer"]));
}

#[test]
fn a_name_that_is_taken_is_refused() {
    assert_eq!(refusal(&blog(), rename_table("users", "posts")).0, "schema.already-exists");
    assert_eq!(refusal(&blog(), rename_table("users", "published_posts")).0, "schema.already-exists");
    assert_eq!(refusal(&blog(), rename_column("users", "bio", "email")).0, "schema.already-exists");
    let case = Change::RenameTable { table: name("users"), to: Name::exact("Users") };
    assert_eq!(refusal(&blog(), case).0, "schema.name-case");
    assert_eq!(refusal(&blog(), rename_table("nope", "x")).0, "schema.unknown-table");
    assert_eq!(refusal(&blog(), rename_column("users", "nope", "x")).0, "schema.unknown-column");
}
