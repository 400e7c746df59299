//! Bound expressions and statements as one engine's text: standard SQL, with the dialect's hooks where engines differ.
//!
//! Every composite is parenthesised, so that no engine's precedence can change what it means. Where a boolean stands as a
//! condition (WHERE, ON, CHECK, CASE WHEN, operands of AND, OR and NOT) and is no predicate in itself, and where a predicate stands as
//! a value, [`Dialect::condition`] and [`Dialect::boolean_value`] have the last word.

mod statement;
#[cfg(test)]
mod tests;

use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::schema::{
    Aggregate, BinaryOperator, ColumnType, Delete, Expression, Function, Insert, Name, Select, Table, UnaryOperator,
    Update,
};

pub(super) use statement::{
    Writer, delete as write_delete, insert as write_insert, select as write_select, update as write_update,
};

/// The expression as a value. `result` is the type of the column that it is the default of or is assigned to, where there is one.
///
/// # Errors
/// What the dialect refuses.
pub fn expression(dialect: &dyn Dialect, expression: &Expression, result: Option<&ColumnType>) -> Result<String> {
    let text = render(dialect, expression, result)?;
    Ok(if expression.is_predicate() { dialect.boolean_value(&text, expression) } else { text })
}

/// The boolean expression as a condition: what WHERE, ON, CHECK and the predicate of an index take.
///
/// # Errors
/// What the dialect refuses.
pub fn condition(dialect: &dyn Dialect, expression: &Expression) -> Result<String> {
    let text = render(dialect, expression, None)?;
    let finished = expression.is_predicate() || matches!(expression, Expression::Raw(_));
    Ok(if finished { text } else { dialect.condition(&text, expression) })
}

/// `SELECT ...`.
///
/// # Errors
/// What the dialect refuses.
pub fn select(dialect: &dyn Dialect, query: &Select) -> Result<String> {
    statement::select(&Text(dialect), query, &[])
}

/// `INSERT INTO ... VALUES ...` of all rows, or `INSERT INTO ... SELECT ...`. The table gives the columns' types. A value that is left to the
/// column's default is written `DEFAULT`: a dialect whose engine does not take that fills it in before.
///
/// # Errors
/// What the dialect refuses.
pub fn insert(dialect: &dyn Dialect, insert: &Insert, table: &Table) -> Result<String> {
    statement::insert(&Text(dialect), insert, Some(table))
}

/// `UPDATE ... SET ...`. The table gives the columns' types; defaults as for [`insert`].
///
/// # Errors
/// What the dialect refuses.
pub fn update(dialect: &dyn Dialect, update: &Update, table: &Table) -> Result<String> {
    statement::update(&Text(dialect), update, Some(table))
}

/// `DELETE FROM ...`.
///
/// # Errors
/// What the dialect refuses.
pub fn delete(dialect: &dyn Dialect, delete: &Delete) -> Result<String> {
    statement::delete(&Text(dialect), delete)
}

/// `INSERT INTO ... VALUES ...` with a placeholder for every value of so many rows.
pub fn insert_with_placeholders(dialect: &dyn Dialect, table: &Name, columns: &[Name], rows: usize) -> String {
    let names: Vec<String> = columns.iter().map(|column| dialect.quote(column)).collect();
    let mut text = format!("INSERT INTO {} ({}) VALUES ", dialect.quote(table), names.join(", "));
    let mut index = 0;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            if column > 0 {
                text.push_str(", ");
            }
            index += 1;
            text.push_str(&dialect.placeholder(index));
        }
        text.push(')');
    }
    text
}

/// `(left operator right)` as standard SQL writes it, where an engine means by it what the model means.
pub fn standard_binary(operator: BinaryOperator, left: &str, right: &str) -> String {
    format!("({left} {} {right})", symbol(operator))
}

/// The operator as standard SQL writes it (integer division as `/`, the remainder as `%`).
pub fn symbol(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide | BinaryOperator::IntegerDivide => "/",
        BinaryOperator::Modulo => "%",
        BinaryOperator::Concatenate => "||",
        BinaryOperator::Equal => "=",
        BinaryOperator::NotEqual => "<>",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::And => "AND",
        BinaryOperator::Or => "OR",
    }
}

/// The function as the portable set writes it, where an engine means by it what the model means.
pub fn standard_function<'a>(function: Function, arguments: impl Iterator<Item = &'a str>) -> String {
    let name = function_name(function);
    match function {
        Function::CurrentDate | Function::CurrentTimestamp => name.to_owned(),
        _ => format!("{name}({})", arguments.collect::<Vec<_>>().join(", ")),
    }
}

/// The function's name in the portable set.
pub fn function_name(function: Function) -> &'static str {
    match function {
        Function::Coalesce => "COALESCE",
        Function::NullIf => "NULLIF",
        Function::Lower => "LOWER",
        Function::Upper => "UPPER",
        Function::Length => "LENGTH",
        Function::Trim => "TRIM",
        Function::Substring => "SUBSTRING",
        Function::Replace => "REPLACE",
        Function::Absolute => "ABS",
        Function::Round => "ROUND",
        Function::CurrentDate => "CURRENT_DATE",
        Function::CurrentTimestamp => "CURRENT_TIMESTAMP",
    }
}

/// The aggregate as standard SQL writes it; without an argument `COUNT(*)`.
pub fn standard_aggregate(function: Aggregate, argument: Option<&str>) -> String {
    let name = match function {
        Aggregate::Count => "COUNT",
        Aggregate::Sum => "SUM",
        Aggregate::Min => "MIN",
        Aggregate::Max => "MAX",
        Aggregate::Average => "AVG",
    };
    format!("{name}({})", argument.unwrap_or("*"))
}

/// The expression, a predicate as a predicate and a value as a value. `expected` is what an untyped constant and the current time
/// are read as.
fn render(dialect: &dyn Dialect, expression: &Expression, expected: Option<&ColumnType>) -> Result<String> {
    Ok(match expression {
        Expression::Literal { value, column_type } => dialect.literal(value, column_type.as_ref().or(expected))?,
        Expression::Column(column) => match &column.relation {
            Some(relation) => format!("{}.{}", dialect.quote(relation), dialect.quote(&column.name)),
            None => dialect.quote(&column.name),
        },
        Expression::Unary { operator: UnaryOperator::Not, operand } => {
            format!("(NOT {})", condition(dialect, operand)?)
        }
        Expression::Unary { operator: UnaryOperator::Negate, operand } => {
            format!("(- {})", self::expression(dialect, operand, expected)?)
        }
        Expression::Binary { operator: BinaryOperator::And, .. } => chain(dialect, expression, BinaryOperator::And)?,
        Expression::Binary { operator: BinaryOperator::Or, .. } => chain(dialect, expression, BinaryOperator::Or)?,
        Expression::Binary { left, operator, right } => {
            // What stands on the other side says how CURRENT_TIMESTAMP is meant; in arithmetic nothing does.
            let (of_left, of_right) =
                if operator.is_comparison() { (left.column_type(), right.column_type()) } else { (None, None) };
            let left_text = self::expression(dialect, left, of_right.as_ref())?;
            let right_text = self::expression(dialect, right, of_left.as_ref())?;
            dialect.binary(*operator, (&left_text, left), (&right_text, right))?
        }
        Expression::IsNull { operand, negated } => {
            let test = if *negated { "IS NOT NULL" } else { "IS NULL" };
            format!("({} {test})", self::expression(dialect, operand, None)?)
        }
        Expression::In { operand, list, negated } => membership(dialect, operand, list, *negated)?,
        Expression::Between { operand, low, high, negated } => between(dialect, operand, low, high, *negated)?,
        Expression::Like { operand, pattern, negated } => {
            dialect.like(&self::expression(dialect, operand, None)?, pattern, *negated)?
        }
        Expression::Case { branches, otherwise } => {
            let own = expression.column_type();
            let expected = expected.or(own.as_ref());
            let mut text = String::from("(CASE");
            for (when, then) in branches {
                let (when, then) = (condition(dialect, when)?, self::expression(dialect, then, expected)?);
                text.push_str(&format!(" WHEN {when} THEN {then}"));
            }
            if let Some(otherwise) = otherwise {
                text.push_str(&format!(" ELSE {}", self::expression(dialect, otherwise, expected)?));
            }
            text + " END)"
        }
        Expression::Cast { operand, to } => {
            let text = self::expression(dialect, operand, None)?;
            dialect.cast((&text, operand), to)?
        }
        Expression::Call { function, arguments } => {
            let own = match function {
                Function::Coalesce | Function::NullIf => expected.cloned().or_else(|| expression.column_type()),
                _ => None,
            };
            let mut texts = Vec::with_capacity(arguments.len());
            for argument in arguments {
                texts.push((self::expression(dialect, argument, own.as_ref())?, argument));
            }
            dialect.function(*function, &texts, expected)?
        }
        Expression::Aggregate { function, argument } => {
            let text = argument.as_deref().map(|argument| self::expression(dialect, argument, None)).transpose()?;
            dialect.aggregate(*function, text.as_deref().zip(argument.as_deref()))?
        }
        Expression::Raw(text) => text.clone(),
    })
}

/// A chain of ANDs, or of ORs, in one pair of parentheses.
fn chain(dialect: &dyn Dialect, expression: &Expression, operator: BinaryOperator) -> Result<String> {
    let mut operands = Vec::new();
    links(expression, operator, &mut operands);
    let mut texts = Vec::with_capacity(operands.len());
    for operand in operands {
        texts.push(condition(dialect, operand)?);
    }
    Ok(chained(texts, symbol(operator)))
}

/// Conditions joined by AND or OR, in parentheses. Many are grouped: engines have a limit of their own to how long a chain may be.
pub(crate) fn chained(mut conditions: Vec<String>, operator: &str) -> String {
    const MOST: usize = 100;
    let separator = format!(" {operator} ");
    while conditions.len() > MOST {
        conditions = conditions.chunks(MOST).map(|chunk| format!("({})", chunk.join(&separator))).collect();
    }
    format!("({})", conditions.join(&separator))
}

fn links<'a>(expression: &'a Expression, chained: BinaryOperator, operands: &mut Vec<&'a Expression>) {
    match expression {
        Expression::Binary { left, operator, right } if *operator == chained => {
            links(left, chained, operands);
            links(right, chained, operands);
        }
        other => operands.push(other),
    }
}

/// IN, where the engine compares the plain way; otherwise the comparisons that the dialect makes, joined by OR.
fn membership(dialect: &dyn Dialect, operand: &Expression, list: &[Expression], negated: bool) -> Result<String> {
    let of_operand = operand.column_type();
    let text = expression(dialect, operand, list.iter().find_map(Expression::column_type).as_ref())?;
    let mut items = Vec::with_capacity(list.len());
    let mut comparisons = Vec::with_capacity(list.len());
    let mut plain = true;
    for item in list {
        let item_text = expression(dialect, item, of_operand.as_ref())?;
        let comparison = dialect.binary(BinaryOperator::Equal, (&text, operand), (&item_text, item))?;
        plain &= comparison == standard_binary(BinaryOperator::Equal, &text, &item_text);
        items.push(item_text);
        comparisons.push(comparison);
    }
    let not = if negated { "NOT " } else { "" };
    Ok(if plain {
        format!("({text} {not}IN ({}))", items.join(", "))
    } else {
        let any = chained(comparisons, "OR");
        if negated { format!("(NOT {any})") } else { any }
    })
}

/// BETWEEN, where the engine compares the plain way; otherwise the two comparisons that the dialect makes.
fn between(
    dialect: &dyn Dialect,
    operand: &Expression,
    low: &Expression,
    high: &Expression,
    negated: bool,
) -> Result<String> {
    let (of_operand, of_low) = (operand.column_type(), low.column_type());
    let text = expression(dialect, operand, of_low.as_ref())?;
    let low_text = expression(dialect, low, of_operand.as_ref())?;
    let high_text = expression(dialect, high, of_operand.as_ref())?;
    let above = dialect.binary(BinaryOperator::GreaterOrEqual, (&text, operand), (&low_text, low))?;
    let below = dialect.binary(BinaryOperator::LessOrEqual, (&text, operand), (&high_text, high))?;
    let plain = above == standard_binary(BinaryOperator::GreaterOrEqual, &text, &low_text)
        && below == standard_binary(BinaryOperator::LessOrEqual, &text, &high_text);
    let not = if negated { "NOT " } else { "" };
    Ok(if plain {
        format!("({text} {not}BETWEEN {low_text} AND {high_text})")
    } else {
        let both = format!("({above} AND {below})");
        if negated { format!("(NOT {both})") } else { both }
    })
}

/// A dialect as what statements are written with.
struct Text<'a>(&'a dyn Dialect);

impl Writer for Text<'_> {
    type Error = Error;

    const ALIAS: &'static str = " ";

    fn name(&self, name: &Name) -> String {
        self.0.quote(name)
    }

    fn given_name(&self, name: &Name) -> String {
        self.0.quote(name)
    }

    fn value(&self, expression: &Expression, result: Option<&ColumnType>) -> Result<String> {
        self::expression(self.0, expression, result)
    }

    fn condition(&self, expression: &Expression) -> Result<String> {
        self::condition(self.0, expression)
    }

    fn alias_is_needed(&self, _: &Expression, _: &Name) -> bool {
        true
    }

    fn between_rows(&self, _: usize) -> (&'static str, &'static str) {
        (" ", ", ")
    }
}
