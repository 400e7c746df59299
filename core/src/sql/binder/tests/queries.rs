//! Queries: names, joins, groups, and what is copied into a table.

use super::{changes, changes_on, names, query, shop};
use crate::schema::{Change, ColumnType, Expression, InsertSource, Name, Select};

fn aliases(query: &Select) -> Vec<&str> {
    query.items.iter().map(|item| item.alias.as_str()).collect()
}

fn columns(expression: &Expression) -> Vec<String> {
    let mut columns = Vec::new();
    expression.for_each_column(&mut |column| {
        let relation = column.relation.as_ref().map(|relation| format!("{relation}.")).unwrap_or_default();
        columns.push(format!("{relation}{}{}", column.name, if column.nullable { "?" } else { "" }));
    });
    columns
}

#[test]
fn a_star_is_written_out() {
    let query = query("SELECT *, total + 1 AS more FROM orders");
    assert_eq!(aliases(&query), ["id", "customer_id", "pieces", "total", "price", "weight", "ratio", "more"]);
    assert_eq!(columns(&query.items[7].expression), ["total?"]);
}

#[test]
fn in_a_query_of_one_table_columns_stand_alone_and_in_a_join_they_say_whose_they_are() {
    let alone = query("SELECT orders.id FROM orders");
    assert_eq!(columns(&alone.items[0].expression), ["id"]);
    let joined = query(
        "SELECT o.id, email
         FROM orders AS o LEFT JOIN customers c ON c.id = o.customer_id AND c.id = o.id
         WHERE total > 5",
    );
    assert_eq!(columns(&joined.items[0].expression), ["o.id"]);
    assert_eq!(columns(&joined.items[1].expression), ["c.email?"]);
    assert_eq!(columns(joined.filter.as_ref().unwrap()), ["o.total?"]);
    assert_eq!(joined.joins[0].relation.alias, Some(Name::folded("c")));
    assert_eq!(columns(&joined.joins[0].on), ["c.id?", "o.customer_id", "c.id?", "o.id"]);
}

#[test]
fn groups_show_what_they_are_grouped_by_and_aggregates() {
    let query = query(
        "SELECT customer_id, total / 10 AS tens, COUNT(*) AS n, SUM(pieces) AS pieces, SUM(price) AS price,
                AVG(total) AS mean, MAX(weight) + 1 AS heaviest, total / 10 * 2 AS twice
         FROM orders WHERE price > 0 GROUP BY customer_id, total / 10",
    );
    let types: Vec<String> =
        query.items.iter().map(|item| item.expression.column_type().unwrap().to_string()).collect();
    assert_eq!(
        types,
        ["BIGINT", "INTEGER", "BIGINT", "BIGINT", "DECIMAL(38, 2)", "DOUBLE PRECISION", "DOUBLE PRECISION", "INTEGER"]
    );
    assert_eq!(query.group_by.len(), 2);
}

#[test]
fn a_view_names_its_columns_and_is_read_like_a_table() {
    let mut schema = shop();
    let bound = changes_on(
        &mut schema,
        "CREATE VIEW totals (customer, total) AS SELECT customer_id, SUM(total) FROM orders GROUP BY customer_id;
         CREATE VIEW big AS SELECT t.customer, c.email FROM totals t INNER JOIN customers c ON c.id = t.customer
             WHERE t.total > 9000000000;
         INSERT INTO customers (email) SELECT email FROM big;",
    )
    .unwrap();
    let Change::CreateView(totals) = &bound[0] else { panic!("{bound:?}") };
    assert_eq!(aliases(&totals.query), ["customer", "total"]);
    let Change::CreateView(big) = &bound[1] else { panic!("{bound:?}") };
    assert_eq!(columns(big.query.filter.as_ref().unwrap()), ["t.total?"]);
}

#[test]
fn what_is_copied_takes_the_columns_types_and_their_names_where_it_has_none() {
    let mut bound = changes(
        "INSERT INTO orders (id, customer_id, pieces, price, weight)
         SELECT id, id, 1, 9.5, NULL FROM customers WHERE email LIKE '%@example.com'",
    );
    let Some(Change::Insert(insert)) = bound.pop() else { panic!("{bound:?}") };
    assert_eq!(insert.columns, names(&["id", "customer_id", "pieces", "price", "weight"]));
    let InsertSource::Select(select) = insert.source else { panic!("{:?}", insert.source) };
    assert_eq!(aliases(&select), ["id", "id", "pieces", "price", "weight"]);
    assert_eq!(select.items[2].expression.column_type(), Some(ColumnType::SmallInt));
    assert_eq!(select.items[4].expression, Expression::null());
}

#[test]
fn a_whole_table_is_copied_by_a_star() {
    let text =
        "CREATE TABLE archive (id BIGINT, customer_id BIGINT, pieces INTEGER, total BIGINT, price DECIMAL(12, 2),
                weight DOUBLE PRECISION, ratio DOUBLE PRECISION);
                INSERT INTO archive SELECT * FROM orders";
    assert_eq!(changes(text).len(), 2);
}
