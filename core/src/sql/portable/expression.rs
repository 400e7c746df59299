//! Expressions, with the parentheses that the language's precedence asks for.

use super::{literal, name};
use crate::schema::{BinaryOperator, ColumnType, Expression, Function, UnaryOperator};
use crate::sql::text::{function_name, standard_aggregate, symbol};

/// How strongly operators bind, from the weakest; as the parser has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Not,
    Comparison,
    Concatenation,
    Sum,
    Product,
    Sign,
    Operand,
}

impl Strength {
    /// The next stronger one.
    fn next(self) -> Strength {
        match self {
            Strength::Or => Strength::And,
            Strength::And => Strength::Not,
            Strength::Not => Strength::Comparison,
            Strength::Comparison => Strength::Concatenation,
            Strength::Concatenation => Strength::Sum,
            Strength::Sum => Strength::Product,
            Strength::Product => Strength::Sign,
            Strength::Sign | Strength::Operand => Strength::Operand,
        }
    }

    fn of(expression: &Expression) -> Strength {
        match expression {
            Expression::Unary { operator: UnaryOperator::Not, .. } => Strength::Not,
            Expression::Unary { operator: UnaryOperator::Negate, .. } => Strength::Sign,
            Expression::Binary { operator, .. } => match operator {
                BinaryOperator::Or => Strength::Or,
                BinaryOperator::And => Strength::And,
                BinaryOperator::Concatenate => Strength::Concatenation,
                BinaryOperator::Add | BinaryOperator::Subtract => Strength::Sum,
                BinaryOperator::Multiply
                | BinaryOperator::Divide
                | BinaryOperator::IntegerDivide
                | BinaryOperator::Modulo => Strength::Product,
                _ => Strength::Comparison,
            },
            Expression::IsNull { .. }
            | Expression::In { .. }
            | Expression::Between { .. }
            | Expression::Like { .. } => Strength::Comparison,
            _ => Strength::Operand,
        }
    }
}

/// A value for a column, whose type its constants take.
pub(super) fn stored(expression: &Expression, column_type: Option<&ColumnType>) -> String {
    written(expression, column_type)
}

/// The expression. `expected` is the type that its place gives to constants.
pub(super) fn written(expression: &Expression, expected: Option<&ColumnType>) -> String {
    match expression {
        Expression::Literal { value, column_type } => literal::written(value, column_type.as_ref(), expected),
        Expression::Column(column) => match &column.relation {
            Some(relation) => {
                format!("{}.{}", name::in_expression(relation), name::written(&column.name))
            }
            None => name::in_expression(&column.name),
        },
        Expression::Unary { operator: UnaryOperator::Not, operand } => {
            format!("NOT {}", at_least(Strength::Not, operand, None))
        }
        Expression::Unary { operator: UnaryOperator::Negate, operand } => {
            let operand = at_least(Strength::Sign, operand, None);
            // Two signs in a row would open a comment.
            let space = if operand.starts_with('-') { " " } else { "" };
            format!("-{space}{operand}")
        }
        Expression::Binary { left, operator, right } => {
            let strength = Strength::of(expression);
            let (of_left, of_right) = match operator.is_comparison() {
                true => (given_by(left), given_by(right)),
                false => (None, None),
            };
            let left_strength = if strength == Strength::Comparison { strength.next() } else { strength };
            format!(
                "{} {} {}",
                at_least(left_strength, left, of_right.as_ref()),
                symbol(*operator),
                at_least(strength.next(), right, of_left.as_ref())
            )
        }
        Expression::IsNull { operand, negated } => {
            let test = if *negated { "IS NOT NULL" } else { "IS NULL" };
            format!("{} {test}", compared(operand, None))
        }
        Expression::In { operand, list, negated } => {
            let of_operand = given_by(operand);
            let items: Vec<String> = list.iter().map(|item| written(item, of_operand.as_ref())).collect();
            format!("{} {}IN ({})", compared(operand, None), not(*negated), items.join(", "))
        }
        Expression::Between { operand, low, high, negated } => {
            let of_operand = given_by(operand);
            format!(
                "{} {}BETWEEN {} AND {}",
                compared(operand, None),
                not(*negated),
                compared(low, of_operand.as_ref()),
                compared(high, of_operand.as_ref())
            )
        }
        Expression::Like { operand, pattern, negated } => {
            format!("{} {}LIKE {}", compared(operand, None), not(*negated), literal::text(pattern))
        }
        Expression::Case { branches, otherwise } => {
            let mut text = String::from("CASE");
            for (condition, result) in branches {
                text.push_str(&format!(" WHEN {} THEN {}", written(condition, None), written(result, None)));
            }
            if let Some(otherwise) = otherwise {
                text.push_str(&format!(" ELSE {}", written(otherwise, None)));
            }
            text + " END"
        }
        Expression::Cast { operand, to } => format!("CAST({} AS {to})", written(operand, None)),
        Expression::Call { function, arguments } => match function {
            Function::CurrentDate | Function::CurrentTimestamp => function_name(*function).to_owned(),
            _ => {
                let arguments: Vec<String> = arguments.iter().map(|argument| written(argument, None)).collect();
                format!("{}({})", function_name(*function), arguments.join(", "))
            }
        },
        Expression::Aggregate { function, argument } => {
            let argument = argument.as_ref().map(|argument| written(argument, None));
            standard_aggregate(*function, argument.as_deref())
        }
        Expression::Raw(text) => text.clone(),
    }
}

/// The type that an operand gives to a constant beside it. A constant gives none: it has its own from its place.
fn given_by(operand: &Expression) -> Option<ColumnType> {
    match operand {
        Expression::Literal { .. } => None,
        other => other.column_type(),
    }
}

/// An operand that binds at least so strongly, in parentheses if it does not.
fn at_least(strength: Strength, operand: &Expression, expected: Option<&ColumnType>) -> String {
    let text = written(operand, expected);
    if Strength::of(operand) < strength { format!("({text})") } else { text }
}

/// An operand of IS NULL, IN, BETWEEN and LIKE.
fn compared(operand: &Expression, expected: Option<&ColumnType>) -> String {
    at_least(Strength::Concatenation, operand, expected)
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}
