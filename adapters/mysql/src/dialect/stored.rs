//! A table as the catalog gives it back.

use fastman_core::schema::{Column, ColumnType, Constraint, ConstraintKind, Expression, Index, Name, Table, naming};
use fastman_core::value::Value;

use super::Mysql;

impl Mysql {
    /// See [`fastman_core::dialect::Dialect::stored`].
    pub(super) fn stored_table(&self, table: &Table) -> Table {
        let columns = table.columns.iter().map(|column| self.stored_column(column)).collect();
        canonical(Table { columns, ..table.clone() })
    }

    /// A column as the catalog gives it back.
    pub(super) fn stored_column(&self, column: &Column) -> Column {
        let column_type = self.stored_type(&column.column_type);
        let default = column.default.clone().and_then(|default| match default {
            Expression::Literal { value: Value::Null, .. } => None,
            Expression::Literal { value, .. } => {
                Some(Expression::literal(stored_value(value, &column_type), column_type.clone()))
            }
            other => Some(other),
        });
        Column { column_type, default, ..column.clone() }
    }
}

/// A constant in the form of the type that it is kept as.
fn stored_value(value: Value, column_type: &ColumnType) -> Value {
    match (value, column_type) {
        (Value::TimestampTz(instant), ColumnType::Timestamp) => Value::Timestamp(instant.naive_utc()),
        (Value::Uuid(uuid), ColumnType::Char(_)) => Value::Text(uuid.to_string()),
        // The catalog shows six digits.
        (Value::Double(number), ColumnType::Real) => Value::Double(format!("{number:.5e}").parse().unwrap_or(number)),
        // It keeps none of its trailing blanks.
        (Value::Text(text), ColumnType::Char(_)) => Value::Text(text.trim_end_matches(' ').to_owned()),
        (value, _) => value,
    }
}

/// What the catalog can't tell apart in one form: the primary key has no name of its own, a unique index that is ascending is a unique
/// constraint. And all in one order.
pub(crate) fn canonical(mut table: Table) -> Table {
    let (unique, indexes): (Vec<Index>, Vec<Index>) = table.indexes.into_iter().partition(is_constraint);
    table.indexes = indexes;
    table.constraints.extend(unique.into_iter().map(|index| Constraint {
        name: index.name,
        kind: ConstraintKind::Unique { columns: index.columns.into_iter().map(|column| column.name).collect() },
    }));
    for constraint in &mut table.constraints {
        if let ConstraintKind::PrimaryKey { .. } = constraint.kind {
            constraint.name = naming::primary_key(&table.name);
        }
    }
    table.constraints.sort_by(|left, right| (rank(left), &left.name).cmp(&(rank(right), &right.name)));
    table.indexes.sort_by(|left, right| left.name.cmp(&right.name));
    table
}

/// Whether the catalog gives an index back as a unique constraint.
pub(super) fn is_constraint(index: &Index) -> bool {
    index.unique && index.predicate.is_none() && index.columns.iter().all(|column| !column.descending)
}

/// The name under which the catalog has a constraint.
pub(super) fn constraint_name(table: &Name, constraint: &Constraint) -> Name {
    match constraint.kind {
        ConstraintKind::PrimaryKey { .. } => naming::primary_key(table),
        _ => constraint.name.clone(),
    }
}

fn rank(constraint: &Constraint) -> u8 {
    match constraint.kind {
        ConstraintKind::PrimaryKey { .. } => 0,
        ConstraintKind::Unique { .. } => 1,
        ConstraintKind::ForeignKey(_) => 2,
        ConstraintKind::Check(_) => 3,
    }
}
