//! Creating tables, constraints, indexes and views.

use super::*;
use crate::value::Value;

#[test]
fn a_table_that_is_there_is_not_created_again() {
    let (code, message, help) =
        refusal(&blog(), Change::CreateTable(table("posts", vec![column("a", ColumnType::Text)], vec![])));
    assert_eq!((code, message.as_str()), ("schema.already-exists", "table posts already exists"));
    assert_eq!(help, "it was created by an earlier statement or migration");
}

#[test]
fn a_table_whose_name_differs_in_case_only_is_refused() {
    let mut new = table("x", vec![column("a", ColumnType::Text)], vec![]);
    new.name = Name::exact("Posts");
    let (code, message, _) = refusal(&blog(), Change::CreateTable(new));
    assert_eq!(code, "schema.name-case");
    assert_eq!(message, "table posts already exists, and \"Posts\" differs in case only");
}

#[test]
fn a_reference_in_another_case_is_refused_with_the_spelling() {
    let (code, message, help) = refusal(&blog(), Change::DropTable { table: Name::exact("Posts") });
    assert_eq!(code, "schema.name-case");
    assert!(message.contains("\"posts\"") && help.contains("\"posts\""), "{message}; {help}");
}

#[test]
fn an_unknown_table_is_answered_with_the_nearest_name() {
    let (code, message, help) = refusal(&blog(), Change::DropTable { table: name("user") });
    assert_eq!((code, message.as_str()), ("schema.unknown-table", "unknown table user"));
    assert_eq!(help, "did you mean users?");
}

#[test]
fn tables_views_and_indexes_share_their_names() {
    let posts = |word: &str| Change::CreateTable(table(word, vec![column("a", ColumnType::Text)], vec![]));
    assert_eq!(refusal(&blog(), posts("published_posts")).1, "view published_posts already exists");
    assert_eq!(
        refusal(&blog(), posts("ix_posts_title")).1,
        "ix_posts_title is the name of a constraint or index of table posts"
    );
    let clash = Change::CreateIndex { table: name("users"), index: index("posts", &["email"]) };
    assert_eq!(refusal(&blog(), clash).1, "posts is the name of a table or view");
}

#[test]
fn names_of_constraints_and_indexes_are_unique_in_the_schema() {
    let clash = Change::CreateIndex { table: name("users"), index: index("ix_posts_title", &["email"]) };
    let (code, message, _) = refusal(&blog(), clash);
    assert_eq!(code, "schema.already-exists");
    assert_eq!(message, "table posts has a constraint or index called ix_posts_title already");
    assert_eq!(refusal(&blog(), add("users", unique("pk_posts", &["bio"]))).0, "schema.already-exists");
    let twice = table(
        "t",
        vec![column("a", ColumnType::Integer), column("b", ColumnType::Integer)],
        vec![unique("u", &["a"]), unique("u", &["b"])],
    );
    assert_eq!(refusal(&blog(), Change::CreateTable(twice)).0, "schema.already-exists");
}

#[test]
fn a_name_is_free_again_once_its_table_is_gone() {
    let schema = applied(&blog(), Change::DropView { view: name("published_posts") });
    let schema = applied(&schema, Change::DropTable { table: name("posts") });
    let schema =
        applied(&schema, Change::CreateIndex { table: name("users"), index: index("ix_posts_title", &["email"]) });
    assert_eq!(schema.owner(&name("ix_posts_title")).unwrap().name, name("users"));
    applied(&schema, Change::DropTable { table: name("users") });
}

#[test]
fn names_are_63_bytes_at_most() {
    let long = "n".repeat(64);
    let (code, message, _) =
        refusal(&blog(), Change::CreateTable(table(&long, vec![column("a", ColumnType::Text)], vec![])));
    assert_eq!(code, "schema.name-too-long");
    assert!(message.contains("64 bytes"), "{message}");
}

#[test]
fn a_table_needs_columns_and_each_but_once() {
    assert_eq!(refusal(&blog(), Change::CreateTable(table("t", vec![], vec![]))).0, "schema.no-columns");
    let mut twice = table("t", vec![column("a", ColumnType::Text), column("a", ColumnType::Text)], vec![]);
    let (code, message, _) = refusal(&blog(), Change::CreateTable(twice.clone()));
    assert_eq!((code, message.as_str()), ("schema.already-exists", "column a of table t already exists"));
    twice.columns[1].name = Name::exact("A");
    assert_eq!(refusal(&blog(), Change::CreateTable(twice)).0, "schema.name-case");
}

#[test]
fn columns_of_the_primary_key_take_no_null() {
    let schema = applied(
        &blog(),
        Change::CreateTable(table(
            "t",
            vec![column("a", ColumnType::Integer), column("b", ColumnType::Integer)],
            vec![primary_key("pk_t", &["a"])],
        )),
    );
    let table = schema.table(&name("t")).unwrap();
    assert_eq!((table.columns[0].nullable, table.columns[1].nullable), (false, true));
}

#[test]
fn an_identity_is_an_integer_alone_the_primary_key_and_without_a_default() {
    let refused = |columns: Vec<Column>, constraints: Vec<Constraint>| {
        let (code, message, _) = refusal(&blog(), Change::CreateTable(table("t", columns, constraints)));
        assert_eq!(code, "schema.identity", "{message}");
        message
    };
    let key = || vec![primary_key("pk_t", &["id"])];
    assert!(
        refused(vec![Column { column_type: ColumnType::Uuid, ..identity("id") }], key()).contains("only integers"),
        "a UUID"
    );
    assert!(refused(vec![identity("id")], vec![]).contains("not alone the primary key"), "no key");
    assert!(
        refused(vec![identity("id"), required("b", ColumnType::Integer)], vec![primary_key("pk_t", &["id", "b"])])
            .contains("not alone the primary key"),
        "a key of two columns"
    );
    assert!(refused(vec![identity("id"), identity("b")], key()).contains("two identity columns"), "two");
    assert!(
        refused(vec![Column { default: Some(integer(1)), ..identity("id") }], key()).contains("default"),
        "a default"
    );
}

#[test]
fn a_default_must_fit_its_column() {
    let with = |column_type: ColumnType, default: Expression| {
        Change::CreateTable(table("t", vec![Column { default: Some(default), ..column("a", column_type) }], vec![]))
    };
    let now = || Expression::Call { function: Function::CurrentTimestamp, arguments: vec![] };
    let small = Expression::literal(Value::Integer(40_000), ColumnType::SmallInt);
    assert_eq!(
        refusal(&blog(), with(ColumnType::SmallInt, small)).1,
        "column a can't have this default: it does not fit SMALLINT"
    );
    assert_eq!(refusal(&blog(), with(ColumnType::Varchar(2), text("abc"))).0, "schema.default");
    assert_eq!(refusal(&blog(), with(ColumnType::Integer, text("1"))).0, "schema.default");
    assert_eq!(
        refusal(&blog(), with(ColumnType::Date, now())).1,
        "column a can't have this default: CURRENT_TIMESTAMP is not a DATE"
    );
    let computed = binary(integer(1), BinaryOperator::Add, integer(1));
    assert_eq!(
        refusal(&blog(), with(ColumnType::Integer, computed)).1,
        "column a can't have this default: only constants, CURRENT_TIMESTAMP and CURRENT_DATE are defaults on every engine"
    );
    applied(&blog(), with(ColumnType::Varchar(2), text("äö")));
    applied(&blog(), with(ColumnType::TimestampTz, now()));
    let null = applied(&blog(), with(ColumnType::Integer, Expression::null()));
    assert_eq!(null.table(&name("t")).unwrap().columns[0].default, None);
}

#[test]
fn on_update_needs_a_timestamp() {
    let with = |column_type: ColumnType| {
        Change::CreateTable(table("t", vec![Column { on_update_now: true, ..column("a", column_type) }], vec![]))
    };
    assert_eq!(refusal(&blog(), with(ColumnType::Date)).0, "schema.on-update");
    applied(&blog(), with(ColumnType::Timestamp));
    applied(&blog(), with(ColumnType::TimestampTz));
}

#[test]
fn types_out_of_every_engines_range_are_refused() {
    for column_type in [
        ColumnType::Decimal { precision: 39, scale: 0 },
        ColumnType::Decimal { precision: 3, scale: 4 },
        ColumnType::Decimal { precision: 0, scale: 0 },
        ColumnType::Char(0),
        ColumnType::Char(256),
        ColumnType::Varchar(0),
        ColumnType::Varchar(20_000_000),
        ColumnType::Varbinary(20_000_000),
    ] {
        let change = Change::CreateTable(table("t", vec![column("a", column_type.clone())], vec![]));
        assert_eq!(refusal(&blog(), change).0, "schema.type", "{column_type}");
    }
}

#[test]
fn keys_and_indexes_take_only_what_every_engine_can_index() {
    let keyed = |column_type: ColumnType| {
        Change::CreateTable(table("t", vec![column("a", column_type)], vec![unique("uq_t_a", &["a"])]))
    };
    for column_type in
        [ColumnType::Text, ColumnType::Blob, ColumnType::Json, ColumnType::Varchar(769), ColumnType::Varbinary(3073)]
    {
        assert_eq!(refusal(&blog(), keyed(column_type.clone())).0, "schema.key-type", "{column_type}");
    }
    applied(&blog(), keyed(ColumnType::Varchar(768)));
    applied(&blog(), keyed(ColumnType::Varbinary(3072)));
    let indexed = Change::CreateIndex { table: name("users"), index: index("ix_users_bio", &["bio"]) };
    let (code, message, help) = refusal(&blog(), indexed);
    assert_eq!(code, "schema.key-type");
    assert!(message.starts_with("column bio is TEXT and can't be part of index ix_users_bio"), "{message}");
    assert_eq!(help, "make it VARCHAR(n), with n up to 768");
    let wide = table(
        "t",
        vec![column("a", ColumnType::Varchar(768)), column("b", ColumnType::Integer)],
        vec![unique("uq_t", &["a", "b"])],
    );
    assert_eq!(refusal(&blog(), Change::CreateTable(wide)).0, "schema.key");
}

#[test]
fn a_table_has_one_primary_key() {
    let (code, message, _) = refusal(&blog(), add("users", primary_key("pk_2", &["email"])));
    assert_eq!((code, message.as_str()), ("schema.primary-key", "table users has a primary key already: pk_users"));
}

#[test]
fn columns_are_made_unique_once() {
    let (code, message, _) = refusal(&blog(), add("users", unique("uq_2", &["email"])));
    assert_eq!(code, "schema.duplicate-key");
    assert_eq!(message, "email of users is unique already, by unique constraint uq_users_email");
}

#[test]
fn a_foreign_key_points_at_a_key_of_the_same_type() {
    let child = |column_type: ColumnType, referenced: &str| {
        Change::CreateTable(table(
            "t",
            vec![column("a", column_type)],
            vec![foreign_key("fk_t_a", &["a"], "users", &[referenced])],
        ))
    };
    applied(&blog(), child(ColumnType::BigInt, "id"));
    applied(&blog(), child(ColumnType::Varchar(200), "email"));
    let (code, message, help) = refusal(&blog(), child(ColumnType::Integer, "id"));
    assert_eq!(code, "schema.foreign-key");
    assert_eq!(message, "column a is INTEGER, but the column that it references, users.id, is BIGINT");
    assert_eq!(help, "make a BIGINT: both sides of a foreign key have one type");
    let (code, message, help) = refusal(&blog(), child(ColumnType::Text, "bio"));
    assert_eq!(code, "schema.foreign-key");
    assert_eq!(message, "foreign key fk_t_a references users(bio), which is no key of that table");
    assert!(help.contains("ALTER TABLE users ADD UNIQUE (bio)"), "{help}");
    assert_eq!(refusal(&blog(), child(ColumnType::BigInt, "nope")).0, "schema.unknown-column");
}

#[test]
fn a_foreign_key_matches_a_key_of_several_columns_in_any_order() {
    let parent = table(
        "parent",
        vec![required("a", ColumnType::Integer), required("b", ColumnType::Date)],
        vec![primary_key("pk_parent", &["a", "b"])],
    );
    let schema = applied(&blog(), Change::CreateTable(parent));
    let child = |columns: &[&str], referenced: &[&str]| {
        Change::CreateTable(table(
            "t",
            vec![column("x", ColumnType::Date), column("y", ColumnType::Integer)],
            vec![foreign_key("fk_t", columns, "parent", referenced)],
        ))
    };
    applied(&schema, child(&["x", "y"], &["b", "a"]));
    assert_eq!(refusal(&schema, child(&["y"], &["a"])).0, "schema.foreign-key");
    assert_eq!(refusal(&schema, child(&["x", "y"], &["a"])).0, "schema.foreign-key");
    assert_eq!(refusal(&schema, child(&["x", "x"], &["a", "b"])).0, "schema.duplicate-column");
}

#[test]
fn a_table_may_reference_itself() {
    let tree = table(
        "tree",
        vec![identity("id"), column("parent_id", ColumnType::BigInt)],
        vec![primary_key("pk_tree", &["id"]), foreign_key("fk_tree", &["parent_id"], "tree", &["id"])],
    );
    let schema = applied(&blog(), Change::CreateTable(tree));
    assert_eq!(schema.children(&name("tree")).count(), 0);
    applied(&schema, Change::DropTable { table: name("tree") });
}

#[test]
fn set_null_needs_columns_that_take_null() {
    let child = |column: Column| {
        let key = foreign_key_on_delete("fk_t", &["a"], "users", &["id"], OnDelete::SetNull);
        Change::CreateTable(table("t", vec![column], vec![key]))
    };
    let (code, message, _) = refusal(&blog(), child(required("a", ColumnType::BigInt)));
    assert_eq!(
        (code, message.as_str()),
        ("schema.foreign-key", "foreign key fk_t can't set column a to NULL: it is NOT NULL")
    );
    let schema = applied(&blog(), child(column("a", ColumnType::BigInt)));
    assert_eq!(refusal(&schema, alter("t", "a", ColumnAlteration::Nullable(false))).0, "schema.foreign-key");
    assert_eq!(refusal(&schema, add("t", primary_key("pk_t", &["a"]))).0, "schema.primary-key");
}

#[test]
fn a_check_is_a_condition_over_its_own_row() {
    let refused = |condition: Expression| {
        let (code, message, _) = refusal(&blog(), add("posts", check("ck", condition)));
        (code, message)
    };
    assert_eq!(
        refused(reference("score", ColumnType::Integer)),
        ("schema.condition", "check ck is not a condition: its result must be true or false".into())
    );
    assert_eq!(
        refused(binary(reference("nope", ColumnType::Integer), BinaryOperator::Less, integer(1))).0,
        "schema.unknown-column"
    );
    assert_eq!(
        refused(binary(qualified("users", "id", ColumnType::BigInt), BinaryOperator::Less, integer(1))).0,
        "schema.condition"
    );
    let now = Expression::Call { function: Function::CurrentDate, arguments: vec![] };
    assert!(
        refused(binary(reference("score", ColumnType::Integer), BinaryOperator::Less, now)).1.contains("current time")
    );
    let count = Expression::Aggregate { function: Aggregate::Count, argument: None };
    assert_eq!(refused(binary(count, BinaryOperator::Less, integer(1))).0, "schema.condition");
    applied(&blog(), add("posts", check("ck", reference("published", ColumnType::Boolean))));
}

#[test]
fn an_indexs_predicate_is_a_condition_over_its_own_row() {
    let partial = |predicate: Expression| Change::CreateIndex {
        table: name("posts"),
        index: Index { predicate: Some(predicate), ..index("ix_p", &["score"]) },
    };
    applied(&blog(), partial(reference("published", ColumnType::Boolean)));
    assert_eq!(refusal(&blog(), partial(reference("score", ColumnType::Integer))).0, "schema.condition");
    assert_eq!(refusal(&blog(), partial(reference("nope", ColumnType::Boolean))).0, "schema.unknown-column");
}

#[test]
fn an_index_names_columns_that_are_there_and_each_but_once() {
    let on = |columns: &[&str]| Change::CreateIndex { table: name("posts"), index: index("ix_p", columns) };
    assert_eq!(refusal(&blog(), on(&["nope"])).0, "schema.unknown-column");
    assert_eq!(refusal(&blog(), on(&["score", "score"])).0, "schema.duplicate-column");
    assert_eq!(refusal(&blog(), on(&[])).0, "schema.key");
}

#[test]
fn a_view_reads_what_is_there() {
    let create = |query: Select| Change::CreateView(view("v", query));
    assert_eq!(refusal(&blog(), create(select("nope", &[("a", ColumnType::Text)]))).0, "schema.unknown-table");
    assert_eq!(refusal(&blog(), create(select("users", &[("nope", ColumnType::Text)]))).1, "users has no column nope");
    assert_eq!(refusal(&blog(), create(select("users", &[]))).0, "schema.no-columns");
    let twice = select("users", &[("id", ColumnType::BigInt), ("id", ColumnType::BigInt)]);
    assert_eq!(refusal(&blog(), create(twice)).0, "schema.duplicate-column");
    applied(&blog(), create(select("published_posts", &[("title", ColumnType::Varchar(200))])));
    assert_eq!(
        refusal(&blog(), create(select("published_posts", &[("published", ColumnType::Boolean)]))).0,
        "schema.unknown-column"
    );
}

#[test]
fn data_goes_into_tables_and_columns_that_are_there() {
    let insert = |table: &str, columns: &[&str]| {
        Change::Insert(Insert { table: name(table), columns: names(columns), source: InsertSource::Values(vec![]) })
    };
    assert_eq!(
        refusal(&blog(), insert("published_posts", &["id"])).1,
        "published_posts is a view, and this needs a table"
    );
    assert_eq!(refusal(&blog(), insert("users", &["nope"])).0, "schema.unknown-column");
    assert_eq!(refusal(&blog(), insert("users", &["id", "id"])).0, "schema.duplicate-column");
    assert_eq!(
        refusal(&blog(), Change::Delete(Delete { table: name("nope"), filter: None })).0,
        "schema.unknown-table"
    );
    assert!(applied(&blog(), insert("users", &["email"])) == blog());
}
