//! The shape of statements, which is the same in the portable language and on every engine.

use crate::schema::{
    ColumnType, Delete, Expression, Insert, InsertSource, JoinKind, Name, Relation, Select, Table, Update,
};

/// What statements are written with.
pub(in crate::sql) trait Writer {
    /// What can go wrong with an expression.
    type Error;

    /// What stands between a relation and its alias.
    const ALIAS: &'static str;

    /// A name, quoted as needed.
    fn name(&self, name: &Name) -> String;

    /// A name that the statement itself gives: after AS.
    fn given_name(&self, name: &Name) -> String;

    /// An expression as a value.
    fn value(&self, expression: &Expression, result: Option<&ColumnType>) -> Result<String, Self::Error>;

    /// A boolean expression as a condition.
    fn condition(&self, expression: &Expression) -> Result<String, Self::Error>;

    /// Whether an item of a SELECT must say what it is called.
    fn alias_is_needed(&self, expression: &Expression, alias: &Name) -> bool;

    /// What stands before the first of so many rows of VALUES, and between two.
    fn between_rows(&self, rows: usize) -> (&'static str, &'static str);
}

/// `SELECT ...`. `results` are the types of the columns that the items go into, where they go into some.
pub(in crate::sql) fn select<W: Writer>(
    writer: &W,
    query: &Select,
    results: &[Option<ColumnType>],
) -> Result<String, W::Error> {
    let mut items = Vec::with_capacity(query.items.len());
    for (index, item) in query.items.iter().enumerate() {
        let result = results.get(index).and_then(Option::as_ref);
        let mut text = writer.value(&item.expression, result)?;
        if writer.alias_is_needed(&item.expression, &item.alias) {
            text.push_str(" AS ");
            text.push_str(&writer.given_name(&item.alias));
        }
        items.push(text);
    }
    let mut text = format!("SELECT {} FROM {}", items.join(", "), relation(writer, &query.from));
    for join in &query.joins {
        text.push_str(match join.kind {
            JoinKind::Inner => " INNER JOIN ",
            JoinKind::Left => " LEFT JOIN ",
        });
        text.push_str(&relation(writer, &join.relation));
        text.push_str(" ON ");
        text.push_str(&writer.condition(&join.on)?);
    }
    push_filter(writer, &mut text, query.filter.as_ref())?;
    for (index, group) in query.group_by.iter().enumerate() {
        text.push_str(if index == 0 { " GROUP BY " } else { ", " });
        text.push_str(&writer.value(group, None)?);
    }
    Ok(text)
}

/// `INSERT INTO ...`. The table, where it is known, gives the columns' types.
pub(in crate::sql) fn insert<W: Writer>(
    writer: &W,
    insert: &Insert,
    table: Option<&Table>,
) -> Result<String, W::Error> {
    let names: Vec<String> = insert.columns.iter().map(|column| writer.name(column)).collect();
    let types: Vec<Option<ColumnType>> = insert.columns.iter().map(|column| column_type(table, column)).collect();
    let mut text = format!("INSERT INTO {} ({})", writer.name(&insert.table), names.join(", "));
    match &insert.source {
        InsertSource::Select(query) => {
            text.push(' ');
            text.push_str(&select(writer, query, &types)?);
        }
        InsertSource::Values(rows) => {
            text.push_str(" VALUES");
            let (first, between) = writer.between_rows(rows.len());
            for (index, row) in rows.iter().enumerate() {
                text.push_str(if index == 0 { first } else { between });
                text.push('(');
                for (index, value) in row.iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    text.push_str(&assigned(writer, value.as_ref(), types.get(index).and_then(Option::as_ref))?);
                }
                text.push(')');
            }
        }
    }
    Ok(text)
}

/// `UPDATE ... SET ...`. The table, where it is known, gives the columns' types.
pub(in crate::sql) fn update<W: Writer>(
    writer: &W,
    update: &Update,
    table: Option<&Table>,
) -> Result<String, W::Error> {
    let mut assignments = Vec::with_capacity(update.assignments.len());
    for (column, value) in &update.assignments {
        let value = assigned(writer, value.as_ref(), column_type(table, column).as_ref())?;
        assignments.push(format!("{} = {value}", writer.name(column)));
    }
    let mut text = format!("UPDATE {} SET {}", writer.name(&update.table), assignments.join(", "));
    push_filter(writer, &mut text, update.filter.as_ref())?;
    Ok(text)
}

/// `DELETE FROM ...`.
pub(in crate::sql) fn delete<W: Writer>(writer: &W, delete: &Delete) -> Result<String, W::Error> {
    let mut text = format!("DELETE FROM {}", writer.name(&delete.table));
    push_filter(writer, &mut text, delete.filter.as_ref())?;
    Ok(text)
}

fn push_filter<W: Writer>(writer: &W, text: &mut String, filter: Option<&Expression>) -> Result<(), W::Error> {
    if let Some(filter) = filter {
        text.push_str(" WHERE ");
        text.push_str(&writer.condition(filter)?);
    }
    Ok(())
}

fn relation<W: Writer>(writer: &W, relation: &Relation) -> String {
    let name = writer.name(&relation.name);
    match &relation.alias {
        Some(alias) => format!("{name}{}{}", W::ALIAS, writer.given_name(alias)),
        None => name,
    }
}

fn assigned<W: Writer>(
    writer: &W,
    value: Option<&Expression>,
    column_type: Option<&ColumnType>,
) -> Result<String, W::Error> {
    match value {
        Some(value) => writer.value(value, column_type),
        None => Ok("DEFAULT".to_owned()),
    }
}

fn column_type(table: Option<&Table>, column: &Name) -> Option<ColumnType> {
    table.and_then(|table| table.column(column)).map(|column| column.column_type.clone())
}
