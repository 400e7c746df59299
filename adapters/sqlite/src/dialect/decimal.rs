//! Decimals: numbers up to 15 digits, text above. Expressions are rewritten so that the type of every part says which
//! of the two it is, and so that what is stored in a column is what that column keeps.
//!
//! The portable typing gives some results more digits than their operands have (a SUM has 38, whatever it adds up),
//! which would make a text of what SQLite computes as a number.

use fastman_core::schema::{
    Aggregate, BinaryOperator, ColumnReference, ColumnType, Expression, Function, Schema, Select, UnaryOperator,
};
use fastman_core::value::{Decimal, Value};

use super::types::is_text_decimal;

/// The most digits of a decimal that is a number.
const PRECISION: u8 = 15;

/// Where the columns that an expression names come from.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The views that may be read.
    pub(super) schema: &'a Schema,
    /// The query that the expression is part of; `None` for one over a table's own columns.
    pub(super) query: Option<&'a Select>,
}

impl Scope<'_> {
    /// The query with its expressions rewritten.
    pub(super) fn select(self, query: &Select) -> Select {
        let scope = Scope { query: Some(query), ..self };
        let mut settled = query.clone();
        settled.for_each_expression_mut(&mut |expression| *expression = scope.settle(expression));
        settled
    }

    /// As [`Scope::select`], for a query whose items are stored in columns of these types.
    pub(super) fn select_into(self, query: &Select, columns: &[Option<ColumnType>]) -> Select {
        let mut settled = self.select(query);
        for (item, column) in settled.items.iter_mut().zip(columns) {
            item.expression = into_column(item.expression.clone(), column.as_ref());
        }
        settled
    }

    /// As [`Scope::settle`], for a value that is stored in a column of that type.
    pub(super) fn assigned(self, expression: &Expression, column: Option<&ColumnType>) -> Expression {
        into_column(self.settle(expression), column)
    }

    /// The expression, its decimals typed as what they are.
    pub(super) fn settle(self, expression: &Expression) -> Expression {
        let mut settled = expression.clone();
        settled.for_each_child_mut(&mut |child| *child = self.settle(child));
        match &mut settled {
            Expression::Column(column) if is_text_decimal(&column.column_type) && self.is_number_of_view(column) => {
                column.column_type = as_number(&column.column_type);
                settled
            }
            // A text has no negative: this is refused as the calculation that it is.
            Expression::Unary { operator: UnaryOperator::Negate, operand } if is_long(operand) => {
                let right = std::mem::replace(operand, Box::new(Expression::null()));
                let left = Box::new(Expression::literal(Value::Integer(0), ColumnType::Integer));
                Expression::Binary { left, operator: BinaryOperator::Subtract, right }
            }
            Expression::Case { branches, otherwise } => {
                let results = branches.iter_mut().map(|(_, result)| result).chain(otherwise.as_deref_mut());
                agree(results.collect());
                settled
            }
            Expression::Call { function: Function::Coalesce | Function::NullIf, arguments } => {
                agree(arguments.iter_mut().collect());
                settled
            }
            Expression::Binary { left, right, .. } => {
                agree_on_literals(&mut [left, right]);
                settled
            }
            Expression::In { operand, list, .. } => {
                let mut operands: Vec<&mut Expression> = list.iter_mut().collect();
                operands.push(operand);
                agree_on_literals(&mut operands);
                settled
            }
            Expression::Between { operand, low, high, .. } => {
                agree_on_literals(&mut [operand, low, high]);
                settled
            }
            Expression::Aggregate { function: Aggregate::Sum, argument: Some(argument) } => {
                let is_number = argument
                    .column_type()
                    .is_some_and(|it| matches!(it, ColumnType::Decimal { .. }) && !is_text_decimal(&it));
                match settled.column_type() {
                    Some(sum) if is_number => Expression::Cast { operand: Box::new(settled), to: as_number(&sum) },
                    _ => settled,
                }
            }
            _ => settled,
        }
    }

    /// Whether the column is one of a view that shows a number under a type of more digits.
    fn is_number_of_view(self, column: &ColumnReference) -> bool {
        let Some(query) = self.query else { return false };
        query.relations().any(|relation| {
            let is_meant = column.relation.as_ref().is_none_or(|name| name.key() == relation.exposed().key());
            let Some(view) = self.schema.view(&relation.name).filter(|_| is_meant) else { return false };
            let scope = Scope { query: Some(&view.query), ..self };
            view.query.items.iter().any(|item| {
                let item_type = || scope.settle(&item.expression).column_type();
                item.alias.key() == column.name.key() && !item_type().as_ref().is_some_and(is_text_decimal)
            })
        })
    }
}

/// Whether the expression is a decimal kept as text.
fn is_long(expression: &Expression) -> bool {
    expression.column_type().as_ref().is_some_and(is_text_decimal)
}

/// The type of a number with the same scale.
fn as_number(column_type: &ColumnType) -> ColumnType {
    let scale = match column_type {
        ColumnType::Decimal { scale, .. } => *scale,
        _ => 0,
    };
    ColumnType::Decimal { precision: PRECISION, scale: scale.min(PRECISION) }
}

/// A value as its column keeps it: digits as text where that is what the column holds.
fn into_column(expression: Expression, column: Option<&ColumnType>) -> Expression {
    let Some(column) = column.filter(|column| is_text_decimal(column)) else { return expression };
    match (&expression, expression.column_type()) {
        (Expression::Literal { value, .. }, _) => Expression::literal(value.clone(), column.clone()),
        (_, Some(own)) if own != *column && own.is_numeric() => {
            Expression::Cast { operand: Box::new(expression), to: column.clone() }
        }
        _ => expression,
    }
}

/// Makes results of which one is taken of one kind: text if one that is no constant is a text, else numbers.
fn agree(mut results: Vec<&mut Expression>) {
    let mut types = results.iter().filter_map(|result| result.column_type());
    let first = types.next();
    let unified = first.and_then(|first| types.try_fold(first, |so_far, next| so_far.unify(&next)));
    let Some(unified) = unified.filter(is_text_decimal) else { return };
    let long = results.iter().any(|result| !matches!(result, Expression::Literal { .. }) && is_long(result));
    let all_constant = results.iter().all(|result| matches!(result, Expression::Literal { .. }));
    let target = if long || all_constant { unified } else { as_number(&unified) };
    for result in &mut results {
        retype(result, &target);
    }
}

/// A constant beside a number is a number.
fn agree_on_literals(operands: &mut [&mut Expression]) {
    let number = operands.iter().find_map(|operand| match operand {
        Expression::Literal { .. } => None,
        other => other.column_type().filter(|own| own.is_numeric() && !is_text_decimal(own)),
    });
    if number.is_none() {
        return;
    }
    for operand in operands {
        if let Expression::Literal { column_type: Some(own), .. } = operand
            && is_text_decimal(own)
        {
            let target = as_number(own);
            retype(operand, &target);
        }
    }
}

fn retype(expression: &mut Expression, target: &ColumnType) {
    match expression {
        Expression::Literal { value, column_type } if *value != Value::Null => {
            // A constant of more digits stays what it is, and the comparison is refused.
            let fits = match (&*value, target) {
                (Value::Decimal(number), ColumnType::Decimal { precision, scale }) => {
                    is_text_decimal(target) || number.fits(*precision, *scale)
                }
                (Value::Integer(number), ColumnType::Decimal { precision, scale }) => {
                    is_text_decimal(target)
                        || Decimal::new(i128::from(*number), 0).is_some_and(|it| it.fits(*precision, *scale))
                }
                _ => true,
            };
            if fits {
                *column_type = Some(target.clone());
            }
        }
        Expression::Literal { .. } => {}
        other => {
            if other.column_type().as_ref() != Some(target) {
                let operand = std::mem::replace(other, Expression::null());
                *other = Expression::Cast { operand: Box::new(operand), to: target.clone() };
            }
        }
    }
}
