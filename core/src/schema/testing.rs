//! Short ways to write tables and changes in tests.

pub mod random;

use super::*;
use crate::value::Value;

pub fn name(word: &str) -> Name {
    Name::folded(word)
}

pub fn names(words: &[&str]) -> Vec<Name> {
    words.iter().map(|word| name(word)).collect()
}

/// A column that takes NULL and has no default.
pub fn column(word: &str, column_type: ColumnType) -> Column {
    Column {
        name: name(word),
        column_type,
        nullable: true,
        default: None,
        identity: false,
        on_update_now: false,
        comment: None,
    }
}

pub fn required(word: &str, column_type: ColumnType) -> Column {
    Column { nullable: false, ..column(word, column_type) }
}

pub fn identity(word: &str) -> Column {
    Column { identity: true, ..required(word, ColumnType::BigInt) }
}

pub fn table(word: &str, columns: Vec<Column>, constraints: Vec<Constraint>) -> Table {
    Table { name: name(word), columns, constraints, indexes: Vec::new(), comment: None }
}

pub fn primary_key(word: &str, columns: &[&str]) -> Constraint {
    Constraint { name: name(word), kind: ConstraintKind::PrimaryKey { columns: names(columns) } }
}

pub fn unique(word: &str, columns: &[&str]) -> Constraint {
    Constraint { name: name(word), kind: ConstraintKind::Unique { columns: names(columns) } }
}

pub fn foreign_key(word: &str, columns: &[&str], parent: &str, referenced: &[&str]) -> Constraint {
    foreign_key_on_delete(word, columns, parent, referenced, OnDelete::NoAction)
}

pub fn foreign_key_on_delete(
    word: &str,
    columns: &[&str],
    parent: &str,
    referenced: &[&str],
    on_delete: OnDelete,
) -> Constraint {
    let key = ForeignKey { columns: names(columns), table: name(parent), referenced: names(referenced), on_delete };
    Constraint { name: name(word), kind: ConstraintKind::ForeignKey(key) }
}

pub fn check(word: &str, condition: Expression) -> Constraint {
    Constraint { name: name(word), kind: ConstraintKind::Check(condition) }
}

pub fn index(word: &str, columns: &[&str]) -> Index {
    let columns = names(columns).into_iter().map(|name| IndexColumn { name, descending: false }).collect();
    Index { name: name(word), columns, unique: false, predicate: None }
}

pub fn reference(word: &str, column_type: ColumnType) -> Expression {
    Expression::Column(ColumnReference { relation: None, name: name(word), column_type, nullable: true })
}

pub fn qualified(relation: &str, word: &str, column_type: ColumnType) -> Expression {
    Expression::Column(ColumnReference {
        relation: Some(name(relation)),
        name: name(word),
        column_type,
        nullable: true,
    })
}

pub fn integer(number: i64) -> Expression {
    Expression::literal(Value::Integer(number), ColumnType::Integer)
}

pub fn text(text: &str) -> Expression {
    Expression::literal(Value::Text(text.into()), ColumnType::Text)
}

pub fn binary(left: Expression, operator: BinaryOperator, right: Expression) -> Expression {
    Expression::Binary { left: Box::new(left), operator, right: Box::new(right) }
}

/// `SELECT columns FROM relation`, the columns unqualified.
pub fn select(relation: &str, columns: &[(&str, ColumnType)]) -> Select {
    let items = columns
        .iter()
        .map(|(word, column_type)| SelectItem { expression: reference(word, column_type.clone()), alias: name(word) });
    Select {
        items: items.collect(),
        from: Relation { name: name(relation), alias: None },
        joins: Vec::new(),
        filter: None,
        group_by: Vec::new(),
    }
}

pub fn view(word: &str, query: Select) -> View {
    View { name: name(word), query }
}

/// users (id identity, email unique) and posts (author_id to users, title indexed, a check, a view over the published).
pub fn blog() -> Schema {
    let mut schema = Schema::default();
    let users = table(
        "users",
        vec![identity("id"), required("email", ColumnType::Varchar(200)), column("bio", ColumnType::Text)],
        vec![primary_key("pk_users", &["id"]), unique("uq_users_email", &["email"])],
    );
    let published = Column {
        default: Some(Expression::literal(Value::Boolean(false), ColumnType::Boolean)),
        ..required("published", ColumnType::Boolean)
    };
    let posts = table(
        "posts",
        vec![
            identity("id"),
            required("author_id", ColumnType::BigInt),
            required("title", ColumnType::Varchar(200)),
            column("score", ColumnType::Integer),
            published,
        ],
        vec![
            primary_key("pk_posts", &["id"]),
            foreign_key("fk_posts_author_id", &["author_id"], "users", &["id"]),
            check(
                "ck_posts_1",
                binary(reference("score", ColumnType::Integer), BinaryOperator::GreaterOrEqual, integer(0)),
            ),
        ],
    );
    let mut query = select("posts", &[("id", ColumnType::BigInt), ("title", ColumnType::Varchar(200))]);
    query.filter = Some(reference("published", ColumnType::Boolean));
    for change in [
        Change::CreateTable(users),
        Change::CreateTable(posts),
        Change::CreateIndex { table: name("posts"), index: index("ix_posts_title", &["title"]) },
        Change::CreateView(view("published_posts", query)),
    ] {
        schema.apply(&change).unwrap();
    }
    schema
}
