//! Behaviour of comparing tables.

use super::*;
use crate::schema::testing::*;
use crate::schema::{ColumnType, Expression, Function, IndexColumn, Name, OnDelete};
use crate::value::Value;

fn posts() -> Table {
    blog().table(&name("posts")).unwrap().as_ref().clone()
}

/// The differences of the posts table once something was done to what is there.
fn differences(change: impl FnOnce(&mut Table)) -> Vec<(DifferenceKind, String)> {
    let mut actual = posts();
    change(&mut actual);
    compare_table(&posts(), &actual).iter().map(|difference| (difference.kind, difference.to_string())).collect()
}

fn one(kind: DifferenceKind, line: &str) -> Vec<(DifferenceKind, String)> {
    vec![(kind, line.to_owned())]
}

#[test]
fn a_table_does_not_differ_from_itself_in_whatever_order() {
    assert_eq!(differences(|_| {}), []);
    assert_eq!(
        differences(|table| {
            table.columns.reverse();
            table.constraints.reverse();
            table.indexes.reverse();
        }),
        []
    );
}

#[test]
fn a_column_differs_by_what_it_takes() {
    assert_eq!(
        differences(|table| table.columns[2].column_type = ColumnType::Varchar(100)),
        one(DifferenceKind::ColumnType, "column posts.title: VARCHAR(100), expected VARCHAR(200)")
    );
    assert_eq!(
        differences(|table| table.columns[2].nullable = true),
        one(DifferenceKind::ColumnNullability, "column posts.title: takes NULL, expected NOT NULL")
    );
    assert_eq!(
        differences(|table| table.columns[0].identity = false),
        one(DifferenceKind::ColumnIdentity, "column posts.id: no identity, expected an identity")
    );
    assert_eq!(
        differences(|table| table.columns[2].comment = Some("Shown".into())),
        one(DifferenceKind::ColumnComment, "column posts.title: comment 'Shown', expected no comment")
    );
    assert_eq!(
        differences(|table| table.columns[3].on_update_now = true),
        one(
            DifferenceKind::ColumnOnUpdate,
            "column posts.score: ON UPDATE CURRENT_TIMESTAMP, expected no ON UPDATE CURRENT_TIMESTAMP"
        )
    );
}

#[test]
fn columns_are_missing_or_not_expected() {
    assert_eq!(
        differences(|table| {
            table.columns.remove(2);
        }),
        one(DifferenceKind::MissingColumn, "column posts.title: missing (VARCHAR(200) NOT NULL)")
    );
    assert_eq!(
        differences(|table| table.columns.push(column("extra", ColumnType::Date))),
        one(DifferenceKind::UnexpectedColumn, "column posts.extra: not expected (DATE)")
    );
}

#[test]
fn a_default_differs_by_its_value_and_not_by_how_the_catalog_writes_it() {
    let set = |default: Option<Expression>| differences(|table| table.columns[4].default = default);
    let boolean = |value| Some(Expression::literal(Value::Boolean(value), ColumnType::Boolean));
    assert_eq!(
        set(boolean(true)),
        one(DifferenceKind::ColumnDefault, "column posts.published: DEFAULT TRUE, expected DEFAULT FALSE")
    );
    assert_eq!(
        set(None),
        one(DifferenceKind::ColumnDefault, "column posts.published: no default, expected DEFAULT FALSE")
    );
    assert_eq!(set(Some(Expression::Raw("'f'::bool".into()))), []);
    assert_eq!(
        differences(|table| table.columns[3].default = Some(Expression::Raw("nextval('s')".into()))),
        one(DifferenceKind::ColumnDefault, "column posts.score: DEFAULT nextval('s'), expected no default")
    );
}

#[test]
fn defaults_are_compared_by_number_and_json_by_content() {
    let with = |value: Value, column_type: &ColumnType| {
        let default = Some(Expression::literal(value, column_type.clone()));
        table("t", vec![Column { default, ..column("a", column_type.clone()) }], vec![])
    };
    let decimal = ColumnType::Decimal { precision: 6, scale: 2 };
    let same = |left: Value, right: Value, column_type: &ColumnType| {
        compare_table(&with(left, column_type), &with(right, column_type)).is_empty()
    };
    assert!(same(Value::Decimal("1.50".parse().unwrap()), Value::Decimal("1.5".parse().unwrap()), &decimal));
    assert!(same(Value::Decimal("2.00".parse().unwrap()), Value::Integer(2), &decimal));
    assert!(same(Value::Json("{\"a\":1}".into()), Value::Json("{ \"a\": 1 }".into()), &ColumnType::Json));
    assert!(!same(Value::Json("{\"a\":1}".into()), Value::Json("{}".into()), &ColumnType::Json));
    assert!(!same(Value::Text("a".into()), Value::Text("A".into()), &ColumnType::Text));
    let now = |function| Expression::Call { function, arguments: vec![] };
    let time =
        |default| table("t", vec![Column { default: Some(default), ..column("a", ColumnType::Timestamp) }], vec![]);
    assert!(compare_table(&time(now(Function::CurrentTimestamp)), &time(now(Function::CurrentTimestamp))).is_empty());
}

#[test]
fn constraints_differ_by_what_they_demand() {
    assert_eq!(
        differences(|table| {
            table.constraints[1] =
                foreign_key_on_delete("fk_posts_author_id", &["author_id"], "users", &["id"], OnDelete::Cascade);
        }),
        one(
            DifferenceKind::ConstraintDefinition,
            "constraint fk_posts_author_id of posts: FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE CASCADE, \
             expected FOREIGN KEY (author_id) REFERENCES users (id)"
        )
    );
    assert_eq!(
        differences(|table| {
            table.constraints.remove(1);
        }),
        one(
            DifferenceKind::MissingConstraint,
            "constraint fk_posts_author_id of posts: missing (FOREIGN KEY (author_id) REFERENCES users (id))"
        )
    );
    assert_eq!(
        differences(|table| table.constraints.push(unique("uq", &["title"]))),
        one(DifferenceKind::UnexpectedConstraint, "constraint uq of posts: not expected (UNIQUE (title))")
    );
}

#[test]
fn a_constraint_under_another_name_is_told_from_a_missing_one() {
    assert_eq!(
        differences(|table| table.constraints[1].name = name("posts_ibfk_1")),
        one(
            DifferenceKind::ConstraintName,
            "constraint fk_posts_author_id of posts: called posts_ibfk_1, expected fk_posts_author_id"
        )
    );
    assert_eq!(differences(|table| table.constraints[0].name = name("primary")), [], "no engine need keep it");
}

#[test]
fn checks_are_compared_by_their_presence_alone() {
    assert_eq!(
        differences(|table| table.constraints[2] = check("ck_posts_1", Expression::Raw("(score >= 0)".into()))),
        []
    );
    assert_eq!(
        differences(|table| {
            table.constraints.remove(2);
        }),
        one(DifferenceKind::MissingConstraint, "constraint ck_posts_1 of posts: missing (CHECK (score >= 0))")
    );
}

#[test]
fn indexes_differ_by_what_they_are_over() {
    assert_eq!(
        differences(|table| table.indexes[0].unique = true),
        one(DifferenceKind::IndexDefinition, "index ix_posts_title of posts: unique (title), expected (title)")
    );
    assert_eq!(
        differences(|table| {
            table.indexes[0].columns = vec![IndexColumn { name: name("title"), descending: true }];
        }),
        one(DifferenceKind::IndexDefinition, "index ix_posts_title of posts: (title DESC), expected (title)")
    );
    assert_eq!(
        differences(|table| table.indexes[0].predicate = Some(Expression::Raw("published".into()))),
        one(DifferenceKind::IndexDefinition, "index ix_posts_title of posts: (title) with WHERE, expected (title)")
    );
    assert_eq!(
        differences(|table| table.indexes.clear()),
        one(DifferenceKind::MissingIndex, "index ix_posts_title of posts: missing ((title))")
    );
    assert_eq!(
        differences(|table| table.indexes.push(index("ix_2", &["score"]))),
        one(DifferenceKind::UnexpectedIndex, "index ix_2 of posts: not expected ((score))")
    );
}

#[test]
fn names_are_compared_as_engines_keep_them_in_whatever_case() {
    assert_eq!(
        differences(|table| {
            table.columns[2].name = Name::exact("TITLE");
            table.indexes[0].name = Name::exact("IX_POSTS_TITLE");
            table.indexes[0].columns[0].name = Name::exact("TITLE");
        }),
        []
    );
}

#[test]
fn a_schema_differs_by_its_missing_tables_and_not_by_further_ones() {
    let mut actual = blog();
    actual.insert_table(table("unmanaged", vec![column("a", ColumnType::Text)], vec![]));
    assert_eq!(compare(&blog(), &actual), []);
    let mut expected = blog();
    expected.insert_table(table("tags", vec![column("a", ColumnType::Text)], vec![]));
    let found = compare(&expected, &actual);
    assert_eq!(found[0].to_string(), "table tags: missing");
    assert_eq!(serde_json::to_string(&found[0]).unwrap(), "{\"kind\":\"missing-table\",\"table\":\"tags\"}");
}
