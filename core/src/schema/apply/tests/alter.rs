//! Altering and dropping columns, constraints, indexes, tables and views.

use super::*;
use crate::value::Value;

#[test]
fn a_table_that_others_reference_is_not_dropped() {
    let (code, message, help) = refusal(&blog(), Change::DropTable { table: name("users") });
    assert_eq!(code, "schema.referenced");
    assert_eq!(message, "table users is referenced by foreign key fk_posts_author_id of posts");
    assert_eq!(help, "drop these foreign keys, or their tables, first");
    let schema = applied(&blog(), drop_constraint("posts", "fk_posts_author_id"));
    applied(&schema, Change::DropTable { table: name("users") });
}

#[test]
fn a_table_that_a_view_reads_is_not_dropped() {
    let (code, message, help) = refusal(&blog(), Change::DropTable { table: name("posts") });
    assert_eq!((code, help.as_str()), ("schema.in-use", "drop the view first"));
    assert_eq!(message, "table posts is used by view published_posts");
}

#[test]
fn a_view_that_a_view_reads_is_not_dropped() {
    let over = Change::CreateView(view("v", select("published_posts", &[("id", ColumnType::BigInt)])));
    let schema = applied(&blog(), over);
    let drop = |word: &str| Change::DropView { view: name(word) };
    assert_eq!(refusal(&schema, drop("published_posts")).1, "view published_posts is used by view v");
    applied(&applied(&schema, drop("v")), drop("published_posts"));
    assert_eq!(refusal(&schema, drop("posts")).1, "posts is a table, and this needs a view");
    assert_eq!(refusal(&schema, drop("published_post")).2, "did you mean published_posts?");
}

#[test]
fn a_column_that_is_used_is_not_dropped_and_the_user_is_named() {
    let refused = |table: &str, column: &str| {
        let (code, message, help) = refusal(&blog(), drop_column(table, column));
        assert_eq!(code, "schema.in-use");
        (message, help)
    };
    let is = |message: &str, help: &str| (message.to_owned(), help.to_owned());
    assert_eq!(
        refused("users", "email"),
        is("column users.email is used by unique constraint uq_users_email", "drop the constraint first")
    );
    assert_eq!(
        refused("posts", "published"),
        is("column posts.published is used by view published_posts", "drop the view first")
    );
    assert_eq!(
        refused("posts", "score"),
        is("column posts.score is used by check ck_posts_1", "drop the constraint first")
    );
    assert_eq!(
        refused("posts", "title"),
        is("column posts.title is used by index ix_posts_title and view published_posts", "drop these first")
    );
    assert_eq!(
        refused("users", "id"),
        is(
            "column users.id is used by primary key pk_users and foreign key fk_posts_author_id of posts",
            "drop these first"
        )
    );
    assert!(
        applied(&blog(), drop_column("users", "bio")).table(&name("users")).unwrap().column(&name("bio")).is_none()
    );
}

#[test]
fn the_only_column_is_not_dropped() {
    let schema = applied(&blog(), Change::CreateTable(table("t", vec![column("a", ColumnType::Text)], vec![])));
    assert_eq!(refusal(&schema, drop_column("t", "a")).0, "schema.no-columns");
}

#[test]
fn an_unknown_column_is_answered_with_the_nearest_name() {
    let (code, message, help) = refusal(&blog(), drop_column("users", "emial"));
    assert_eq!((code, message.as_str()), ("schema.unknown-column", "table users has no column emial"));
    assert_eq!(help, "did you mean email?");
}

#[test]
fn a_column_added_as_not_null_needs_a_default() {
    let add = |column: Column| Change::AddColumn { table: name("users"), column };
    let (code, message, help) = refusal(&blog(), add(required("age", ColumnType::Integer)));
    assert_eq!(code, "schema.not-null-without-default");
    assert_eq!(message, "column age is NOT NULL, and rows that are there have no value for it");
    assert!(help.contains("DEFAULT") && help.contains("DROP DEFAULT"), "{help}");
    applied(&blog(), add(column("age", ColumnType::Integer)));
    applied(&blog(), add(Column { default: Some(integer(0)), ..required("age", ColumnType::Integer) }));
    let null = Column { default: Some(Expression::null()), ..required("age", ColumnType::Integer) };
    assert_eq!(refusal(&blog(), add(null)).0, "schema.default");
    assert_eq!(refusal(&blog(), add(identity("number"))).0, "schema.identity");
    assert_eq!(refusal(&blog(), add(column("email", ColumnType::Text))).0, "schema.already-exists");
}

#[test]
fn a_column_is_retyped_where_every_engine_agrees() {
    let retype = |column: &str, to: ColumnType| alter("users", column, ColumnAlteration::Type(to));
    let schema = applied(&blog(), retype("email", ColumnType::Varchar(300)));
    assert_eq!(schema.table(&name("users")).unwrap().columns[1].column_type, ColumnType::Varchar(300));
    let (code, message, help) = refusal(&blog(), retype("bio", ColumnType::Integer));
    assert_eq!(code, "schema.conversion");
    assert_eq!(message, "column bio can't become INTEGER: engines read text as INTEGER differently");
    assert!(help.contains("section for one engine"), "{help}");
    assert_eq!(refusal(&blog(), retype("email", ColumnType::Varchar(800))).0, "schema.key-type");
    assert_eq!(refusal(&blog(), retype("email", ColumnType::Varchar(0))).0, "schema.type");
}

#[test]
fn a_column_of_a_foreign_key_or_a_view_keeps_its_type() {
    let retype = |table: &str, column: &str| {
        refusal(&blog(), alter(table, column, ColumnAlteration::Type(ColumnType::Decimal { precision: 20, scale: 0 })))
            .1
    };
    assert_eq!(retype("posts", "author_id"), "column posts.author_id is used by foreign key fk_posts_author_id");
    assert!(retype("users", "id").contains("foreign key fk_posts_author_id of posts"));
    let title = alter("posts", "title", ColumnAlteration::Type(ColumnType::Varchar(300)));
    assert_eq!(refusal(&blog(), title).1, "column posts.title is used by view published_posts");
}

#[test]
fn a_check_follows_its_column_within_a_family_of_types_and_not_beyond() {
    let schema = applied(&blog(), alter("posts", "score", ColumnAlteration::Type(ColumnType::BigInt)));
    let posts = schema.table(&name("posts")).unwrap();
    let ConstraintKind::Check(condition) = &posts.constraints[2].kind else { panic!("the check") };
    condition.for_each_column(&mut |reference| assert_eq!(reference.column_type, ColumnType::BigInt));
    let decimal = ColumnType::Decimal { precision: 12, scale: 0 };
    let (code, message, _) = refusal(&blog(), alter("posts", "score", ColumnAlteration::Type(decimal)));
    assert_eq!((code, message.as_str()), ("schema.in-use", "column posts.score is used by check ck_posts_1"));
}

#[test]
fn a_column_is_not_made_too_narrow_for_the_constant_that_a_check_compares_it_with() {
    let far = Expression::literal(Value::Integer(100_000), ColumnType::Integer);
    let limit = check("ck_far", binary(reference("score", ColumnType::Integer), BinaryOperator::Less, far));
    let schema = applied(&blog(), add("posts", limit));
    let (code, message, _) = refusal(&schema, alter("posts", "score", ColumnAlteration::Type(ColumnType::SmallInt)));
    assert_eq!(code, "schema.in-use");
    assert_eq!(message, "a check or an index of posts compares score with 100000, which does not fit SMALLINT");
    applied(&schema, alter("posts", "score", ColumnAlteration::Type(ColumnType::BigInt)));
}

#[test]
fn a_default_stays_within_a_family_of_types_and_must_still_fit() {
    let with = |column_type: ColumnType, value: Value| {
        let default = Some(Expression::literal(value, column_type.clone()));
        Change::AddColumn { table: name("users"), column: Column { default, ..column("a", column_type) } }
    };
    let schema = applied(&blog(), with(ColumnType::Integer, Value::Integer(40_000)));
    let to = |column_type: ColumnType| alter("users", "a", ColumnAlteration::Type(column_type));
    assert_eq!(
        applied(&schema, to(ColumnType::BigInt)).table(&name("users")).unwrap().columns[3].default,
        Some(Expression::literal(Value::Integer(40_000), ColumnType::BigInt))
    );
    assert_eq!(refusal(&schema, to(ColumnType::SmallInt)).0, "schema.default");
    assert_eq!(refusal(&schema, to(ColumnType::Text)).0, "schema.default");
}

#[test]
fn an_identity_stays_an_integer() {
    let schema =
        applied(&blog(), Change::CreateTable(table("t", vec![identity("id")], vec![primary_key("pk_t", &["id"])])));
    applied(&schema, alter("t", "id", ColumnAlteration::Type(ColumnType::Integer)));
    let decimal = ColumnType::Decimal { precision: 19, scale: 0 };
    assert_eq!(refusal(&schema, alter("t", "id", ColumnAlteration::Type(decimal))).0, "schema.in-use");
    assert_eq!(refusal(&schema, alter("t", "id", ColumnAlteration::Default(Some(integer(1))))).0, "schema.identity");
    assert_eq!(refusal(&schema, drop_constraint("t", "pk_t")).0, "schema.identity");
}

#[test]
fn a_primary_key_takes_no_null() {
    assert_eq!(refusal(&blog(), alter("users", "id", ColumnAlteration::Nullable(true))).0, "schema.primary-key");
    let schema = applied(&blog(), alter("users", "email", ColumnAlteration::Nullable(true)));
    assert!(schema.table(&name("users")).unwrap().columns[1].nullable);
}

#[test]
fn checks_and_views_know_which_columns_take_null() {
    let nullable = |schema: &Schema| {
        let mut found = Vec::new();
        let view = schema.view(&name("v")).unwrap();
        view.query.for_each_expression(&mut |expression| expression.for_each_column(&mut |it| found.push(it.nullable)));
        let posts = schema.table(&name("posts")).unwrap();
        let ConstraintKind::Check(condition) = &posts.constraints[2].kind else { panic!("the check") };
        condition.for_each_column(&mut |it| found.push(it.nullable));
        found
    };
    let mut query = select("users", &[]);
    query.items.push(SelectItem { expression: qualified("users", "bio", ColumnType::Text), alias: name("bio") });
    query.items.push(SelectItem { expression: qualified("p", "score", ColumnType::Integer), alias: name("score") });
    query.joins.push(Join {
        kind: JoinKind::Left,
        relation: Relation { name: name("posts"), alias: Some(name("p")) },
        on: reference("published", ColumnType::Boolean),
    });
    query.joins[0].on = Expression::literal(Value::Boolean(true), ColumnType::Boolean);
    let schema = applied(&blog(), Change::CreateView(view("v", query)));
    assert_eq!(nullable(&schema), [true, true, true]);
    let schema = applied(&schema, alter("users", "bio", ColumnAlteration::Nullable(false)));
    let schema = applied(&schema, alter("posts", "score", ColumnAlteration::Nullable(false)));
    assert_eq!(nullable(&schema), [false, true, false], "the left join's right side may be missing");
}

#[test]
fn defaults_come_and_go() {
    let set = |default| alter("users", "bio", ColumnAlteration::Default(default));
    let schema = applied(&blog(), set(Some(text("none"))));
    assert_eq!(schema.table(&name("users")).unwrap().columns[2].default, Some(text("none")));
    assert!(applied(&schema, set(None)) == blog());
    assert!(applied(&schema, set(Some(Expression::null()))) == blog());
    assert_eq!(refusal(&blog(), set(Some(integer(1)))).0, "schema.default");
}

#[test]
fn a_key_that_a_foreign_key_points_at_is_not_dropped() {
    let (code, message, _) = refusal(&blog(), drop_constraint("users", "pk_users"));
    assert_eq!(code, "schema.referenced");
    assert_eq!(message, "primary key pk_users of users is referenced by foreign key fk_posts_author_id of posts");
    applied(&blog(), drop_constraint("users", "uq_users_email"));
}

#[test]
fn a_constraint_is_found_by_the_name_that_it_would_have_been_given() {
    let schema = applied(&blog(), drop_constraint("users", "uq_users_email"));
    let schema = applied(&schema, add("users", unique("by_hand", &["email"])));
    let dropped = applied(&schema, drop_constraint("users", "uq_users_email"));
    assert_eq!(dropped.table(&name("users")).unwrap().constraints.len(), 1);
    assert!(dropped.owner(&name("by_hand")).is_none());
    let (code, _, help) = refusal(&schema, drop_constraint("users", "uq_users_emial"));
    assert_eq!(code, "schema.unknown-constraint");
    assert_eq!(help, "");
}

#[test]
fn a_derived_name_that_fits_several_constraints_is_refused_with_their_names() {
    let schema = applied(&blog(), add("posts", foreign_key("a", &["author_id"], "users", &["id"])));
    let schema = applied(&schema, drop_constraint("posts", "fk_posts_author_id"));
    let schema = applied(&schema, add("posts", foreign_key("b", &["author_id"], "users", &["id"])));
    let (code, _, help) = refusal(&schema, drop_constraint("posts", "fk_posts_author_id"));
    assert_eq!((code, help.as_str()), ("schema.unknown-constraint", "several have that shape: say which of a, b"));
}

#[test]
fn constraints_and_indexes_are_not_taken_for_each_other() {
    assert_eq!(
        refusal(&blog(), drop_constraint("posts", "ix_posts_title")).2,
        "it is an index: write DROP INDEX ix_posts_title"
    );
    let drop = |table: &str, index: &str| Change::DropIndex { table: name(table), index: name(index) };
    assert_eq!(
        refusal(&blog(), drop("users", "uq_users_email")).2,
        "it is a constraint: write ALTER TABLE users DROP CONSTRAINT uq_users_email"
    );
    assert_eq!(refusal(&blog(), drop("users", "ix_posts_title")).2, "ix_posts_title belongs to table posts");
    let schema = applied(&blog(), drop("posts", "ix_posts_title"));
    assert!(schema.table(&name("posts")).unwrap().indexes.is_empty());
}

#[test]
fn comments_come_and_go() {
    let comment = |column: Option<&str>, text: Option<&str>| Change::Comment {
        table: name("users"),
        column: column.map(name),
        text: text.map(str::to_owned),
    };
    let schema = applied(&blog(), comment(None, Some("People")));
    let schema = applied(&schema, comment(Some("email"), Some("Lower case")));
    let users = schema.table(&name("users")).unwrap();
    assert_eq!(users.comment.as_deref(), Some("People"));
    assert_eq!(users.columns[1].comment.as_deref(), Some("Lower case"));
    assert!(applied(&applied(&schema, comment(None, None)), comment(Some("email"), None)) == blog());
    assert_eq!(refusal(&blog(), comment(Some("nope"), None)).0, "schema.unknown-column");
}
