//! The types of bound expressions: one set of rules, for the binder that makes them and for the dialects that render them.
//!
//! Arithmetic keeps the digits before the point of its wider operand: adding two INTEGERs is an INTEGER, and a result that
//! does not fit fails when it is computed or stored. So `price + 1` can be stored where `price` came from.

use super::{Aggregate, BinaryOperator, ColumnType, Expression, Function, TypeFamily, UnaryOperator};
use crate::value::Value;

impl Expression {
    /// Its type; `None` for a bare NULL and for an engine's own text. The current timestamp is a TIMESTAMP unless what it is
    /// compared with, or stored as, has a time zone.
    pub fn column_type(&self) -> Option<ColumnType> {
        match self {
            Expression::Literal { column_type, .. } => column_type.clone(),
            Expression::Column(column) => Some(column.column_type.clone()),
            Expression::Unary { operator: UnaryOperator::Not, .. }
            | Expression::IsNull { .. }
            | Expression::In { .. }
            | Expression::Between { .. }
            | Expression::Like { .. } => Some(ColumnType::Boolean),
            Expression::Unary { operator: UnaryOperator::Negate, operand } => operand.column_type(),
            Expression::Binary { left, operator, right } => {
                operator.result_type(left.column_type().as_ref(), right.column_type().as_ref())
            }
            Expression::Case { branches, otherwise } => {
                unify_all(branches.iter().map(|(_, result)| result).chain(otherwise.as_deref()))
            }
            Expression::Cast { to, .. } => Some(to.clone()),
            Expression::Call { function, arguments } => call_type(*function, arguments),
            Expression::Aggregate { function, argument } => aggregate_type(*function, argument.as_deref()),
            Expression::Raw(_) => None,
        }
    }

    /// Whether it may be NULL.
    pub fn is_nullable(&self) -> bool {
        match self {
            Expression::Literal { value, .. } => *value == Value::Null,
            Expression::Column(column) => column.nullable,
            Expression::Unary { operand, .. } | Expression::Like { operand, .. } | Expression::Cast { operand, .. } => {
                operand.is_nullable()
            }
            Expression::Binary { left, right, .. } => left.is_nullable() || right.is_nullable(),
            Expression::IsNull { .. } => false,
            Expression::In { operand, list, .. } => operand.is_nullable() || list.iter().any(Expression::is_nullable),
            Expression::Between { operand, low, high, .. } => {
                operand.is_nullable() || low.is_nullable() || high.is_nullable()
            }
            Expression::Case { branches, otherwise } => {
                otherwise.as_deref().is_none_or(Expression::is_nullable)
                    || branches.iter().any(|(_, result)| result.is_nullable())
            }
            Expression::Call { function: Function::Coalesce, arguments } => {
                arguments.iter().all(Expression::is_nullable)
            }
            Expression::Call { function: Function::NullIf, .. } => true,
            Expression::Call { arguments, .. } => arguments.iter().any(Expression::is_nullable),
            Expression::Aggregate { function, .. } => *function != Aggregate::Count,
            Expression::Raw(_) => true,
        }
    }
}

impl BinaryOperator {
    /// The type of `left operator right`; `None` where the operator does not take these types.
    pub fn result_type(self, left: Option<&ColumnType>, right: Option<&ColumnType>) -> Option<ColumnType> {
        use BinaryOperator::*;
        match self {
            Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual | And | Or => Some(ColumnType::Boolean),
            Concatenate => concatenated(left?, right?),
            Add | Subtract => numeric(left, right).and_then(|(left, right)| unify(left, right)),
            Multiply => numeric(left, right).and_then(|(left, right)| product(left, right)),
            Divide => unify(left?, right?).filter(|result| result.family() == TypeFamily::Float),
            IntegerDivide | Modulo => unify(left?, right?).filter(|result| result.family() == TypeFamily::Integer),
        }
    }
}

impl ColumnType {
    /// The least type that holds the values of both: the widest number, the longest text. `None` where there is none, as
    /// between CHAR, whose blanks mean nothing, and VARCHAR.
    pub fn unify(&self, other: &ColumnType) -> Option<ColumnType> {
        unify(self, other)
    }

    /// Whether every value of this type can be stored as `target` unchanged, on every engine.
    pub fn widens_to(&self, target: &ColumnType) -> bool {
        use ColumnType::*;
        match (self, target) {
            (SmallInt | Integer | BigInt | Decimal { .. }, Decimal { precision, scale }) => digits(self)
                .is_some_and(|(whole, fraction)| whole <= precision.saturating_sub(*scale) && fraction <= *scale),
            (SmallInt, Real | Double) | (Integer | Real, Double) => true,
            (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => digits(self) <= digits(target),
            (Char(length), Char(limit)) | (Varchar(length), Varchar(limit) | Char(limit)) => length <= limit,
            (Varchar(_), Text) | (Varbinary(_), Blob) => true,
            (Varbinary(length), Varbinary(limit)) => length <= limit,
            _ => self == target,
        }
    }
}

/// Digits before and after the point of an exact number.
fn digits(column_type: &ColumnType) -> Option<(u8, u8)> {
    match column_type {
        ColumnType::SmallInt => Some((5, 0)),
        ColumnType::Integer => Some((10, 0)),
        ColumnType::BigInt => Some((19, 0)),
        ColumnType::Decimal { precision, scale } => Some((precision.saturating_sub(*scale), *scale)),
        _ => None,
    }
}

fn decimal(whole: u8, scale: u8) -> Option<ColumnType> {
    let precision = (whole + scale).clamp(1, ColumnType::MAX_PRECISION);
    (scale <= ColumnType::MAX_SCALE).then_some(ColumnType::Decimal { precision, scale })
}

fn numeric<'a>(
    left: Option<&'a ColumnType>,
    right: Option<&'a ColumnType>,
) -> Option<(&'a ColumnType, &'a ColumnType)> {
    Some((left.filter(|left| left.is_numeric())?, right.filter(|right| right.is_numeric())?))
}

fn unify(left: &ColumnType, right: &ColumnType) -> Option<ColumnType> {
    use ColumnType::*;
    if left == right {
        return Some(left.clone());
    }
    match (left, right) {
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => {
            Some(if digits(left) > digits(right) { left.clone() } else { right.clone() })
        }
        (Real | Double, other) | (other, Real | Double) => other.is_numeric().then_some(Double),
        (Char(one), Char(other)) => Some(Char(*one.max(other))),
        (Varchar(one), Varchar(other)) => Some(Varchar(*one.max(other))),
        (Varchar(_), Text) | (Text, Varchar(_)) => Some(Text),
        (Varbinary(one), Varbinary(other)) => Some(Varbinary(*one.max(other))),
        (Varbinary(_), Blob) | (Blob, Varbinary(_)) => Some(Blob),
        _ => {
            let ((left_whole, left_scale), (right_whole, right_scale)) = (digits(left)?, digits(right)?);
            decimal(left_whole.max(right_whole), left_scale.max(right_scale))
        }
    }
}

fn product(left: &ColumnType, right: &ColumnType) -> Option<ColumnType> {
    match (digits(left), digits(right)) {
        (Some((left_whole, left_scale)), Some((right_whole, right_scale))) if left_scale + right_scale > 0 => {
            decimal(left_whole.max(right_whole), left_scale + right_scale)
        }
        _ => unify(left, right),
    }
}

fn concatenated(left: &ColumnType, right: &ColumnType) -> Option<ColumnType> {
    match (left, right) {
        (ColumnType::Varchar(one), ColumnType::Varchar(other)) => {
            let length = one.saturating_add(*other);
            Some(if length <= ColumnType::MAX_TEXT_LENGTH { ColumnType::Varchar(length) } else { ColumnType::Text })
        }
        (ColumnType::Varchar(_) | ColumnType::Text, ColumnType::Varchar(_) | ColumnType::Text) => {
            Some(ColumnType::Text)
        }
        _ => None,
    }
}

fn is_now(expression: &Expression) -> bool {
    matches!(expression, Expression::Call { function: Function::CurrentTimestamp, .. })
}

/// The type of all of them together, bare NULLs aside; `None` where there is none. The current timestamp has a time zone if
/// another one has.
fn unify_all<'a>(expressions: impl Iterator<Item = &'a Expression>) -> Option<ColumnType> {
    let (now, others): (Vec<_>, Vec<_>) = expressions.partition(|expression| is_now(expression));
    let mut types = others.into_iter().filter_map(Expression::column_type);
    let Some(first) = types.next() else { return now.first().map(|_| ColumnType::Timestamp) };
    let unified = types.try_fold(first, |so_far, next| unify(&so_far, &next))?;
    (now.is_empty() || matches!(unified, ColumnType::Timestamp | ColumnType::TimestampTz)).then_some(unified)
}

fn call_type(function: Function, arguments: &[Expression]) -> Option<ColumnType> {
    let first = || arguments.first().and_then(Expression::column_type);
    match function {
        Function::Coalesce => unify_all(arguments.iter()),
        Function::NullIf => match (arguments.first()?, arguments.get(1)?) {
            (first, second) if is_now(first) => unify_all([first, second].into_iter()),
            (first, _) => first.column_type(),
        },
        Function::Absolute | Function::Lower | Function::Upper => first(),
        Function::Length => Some(ColumnType::Integer),
        Function::Trim => first().map(|operand| match operand {
            ColumnType::Char(length) => ColumnType::Varchar(length),
            other => other,
        }),
        Function::Substring => match (first()?, constant(arguments.get(2))) {
            (ColumnType::Varchar(length), Some(wanted)) => {
                Some(ColumnType::Varchar(u32::try_from(wanted).unwrap_or(length).clamp(1, length)))
            }
            (ColumnType::Text, Some(wanted)) => Some(match u32::try_from(wanted) {
                Ok(length) if length <= ColumnType::MAX_TEXT_LENGTH => ColumnType::Varchar(length.max(1)),
                _ => ColumnType::Text,
            }),
            (operand, _) => Some(operand),
        },
        Function::Replace => replaced(&first()?, arguments.get(1)?, arguments.get(2)?),
        Function::Round => match (first()?, constant(arguments.get(1)).unwrap_or(0)) {
            (ColumnType::Decimal { precision, scale }, wanted) => {
                decimal(precision.saturating_sub(scale), u8::try_from(wanted).unwrap_or(scale).min(scale))
            }
            (operand, _) => Some(operand),
        },
        Function::CurrentDate => Some(ColumnType::Date),
        Function::CurrentTimestamp => Some(ColumnType::Timestamp),
    }
}

/// How long a text can get when each `from` in it becomes `to`.
fn replaced(operand: &ColumnType, from: &Expression, to: &Expression) -> Option<ColumnType> {
    let length_of = |part: &Expression| match part {
        Expression::Literal { value: Value::Text(text), .. } => Some(text.chars().count() as u64),
        other => match other.column_type()? {
            ColumnType::Varchar(length) => Some(u64::from(length)),
            _ => None,
        },
    };
    let ColumnType::Varchar(length) = *operand else { return Some(operand.clone()) };
    // A text that is not constant may be as short as one character.
    let shortest = match from {
        Expression::Literal { .. } => length_of(from).unwrap_or(1).max(1),
        _ => 1,
    };
    let Some(longest) = length_of(to) else { return Some(ColumnType::Text) };
    let (whole, rest) = (u64::from(length) / shortest, u64::from(length) % shortest);
    let replaced = (whole * longest + rest).max(u64::from(length));
    Some(match u32::try_from(replaced) {
        Ok(length) if length <= ColumnType::MAX_TEXT_LENGTH => ColumnType::Varchar(length),
        _ => ColumnType::Text,
    })
}

fn aggregate_type(function: Aggregate, argument: Option<&Expression>) -> Option<ColumnType> {
    match function {
        Aggregate::Count => Some(ColumnType::BigInt),
        Aggregate::Min | Aggregate::Max => argument?.column_type(),
        Aggregate::Average => Some(ColumnType::Double),
        Aggregate::Sum => match argument?.column_type()? {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Some(ColumnType::BigInt),
            ColumnType::Real | ColumnType::Double => Some(ColumnType::Double),
            ColumnType::Decimal { scale, .. } => {
                Some(ColumnType::Decimal { precision: ColumnType::MAX_PRECISION, scale })
            }
            _ => None,
        },
    }
}

fn constant(argument: Option<&Expression>) -> Option<i64> {
    match argument {
        Some(Expression::Literal { value: Value::Integer(number), .. }) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ColumnReference, Name};

    fn decimal(precision: u8, scale: u8) -> ColumnType {
        ColumnType::Decimal { precision, scale }
    }

    fn column(column_type: ColumnType) -> Expression {
        Expression::Column(ColumnReference { relation: None, name: Name::from("c"), column_type, nullable: false })
    }

    #[test]
    fn arithmetic_keeps_the_digits_before_the_point_of_its_wider_operand() {
        use BinaryOperator::*;
        use ColumnType::*;
        let result = |operator: BinaryOperator, left, right| operator.result_type(Some(&left), Some(&right));
        assert_eq!(result(Add, SmallInt, BigInt), Some(BigInt));
        assert_eq!(result(Add, decimal(10, 2), decimal(3, 1)), Some(decimal(10, 2)));
        assert_eq!(result(Add, decimal(10, 2), Integer), Some(decimal(12, 2)));
        assert_eq!(result(Multiply, decimal(10, 2), decimal(2, 1)), Some(decimal(11, 3)));
        assert_eq!(result(Multiply, decimal(38, 20), decimal(38, 20)), None);
        assert_eq!(result(Divide, decimal(10, 2), Integer), None);
        assert_eq!(result(Divide, decimal(10, 2), Double), Some(Double));
        assert_eq!(result(IntegerDivide, SmallInt, Integer), Some(Integer));
        assert_eq!(result(Modulo, Double, Integer), None);
        assert_eq!(result(Add, Text, Integer), None);
        assert_eq!(result(Add, Text, Text), None);
        assert_eq!(result(Concatenate, Varchar(3), Varchar(4)), Some(Varchar(7)));
        assert_eq!(result(Concatenate, Varchar(3), Integer), None);
    }

    #[test]
    fn a_type_widens_only_to_one_that_holds_all_its_values() {
        use ColumnType::*;
        assert!(SmallInt.widens_to(&BigInt) && !BigInt.widens_to(&Integer));
        assert!(Integer.widens_to(&decimal(12, 2)) && !Integer.widens_to(&decimal(10, 2)));
        assert!(Varchar(5).widens_to(&Text) && !Text.widens_to(&Varchar(5)));
        assert!(!Char(5).widens_to(&Varchar(5)) && Char(5).widens_to(&Char(6)));
        assert!(!BigInt.widens_to(&Double) && Integer.widens_to(&Double));
        assert!(!decimal(5, 2).widens_to(&decimal(5, 1)) && !Date.widens_to(&Timestamp));
    }

    #[test]
    fn functions_say_how_long_their_text_can_get() {
        let text = |text: &str| Expression::literal(Value::Text(text.into()), ColumnType::Varchar(9));
        let number = |number| Expression::literal(Value::Integer(number), ColumnType::Integer);
        let call = |function, arguments| Expression::Call { function, arguments }.column_type();
        let name = || column(ColumnType::Varchar(20));
        assert_eq!(
            call(Function::Substring, vec![column(ColumnType::Text), number(1), number(30)]),
            Some(ColumnType::Varchar(30))
        );
        assert_eq!(call(Function::Replace, vec![name(), text("ab"), text("c")]), Some(ColumnType::Varchar(20)));
        assert_eq!(call(Function::Replace, vec![name(), text("a"), text("bcd")]), Some(ColumnType::Varchar(60)));
        assert_eq!(call(Function::Replace, vec![name(), text("a"), column(ColumnType::Text)]), Some(ColumnType::Text));
        assert_eq!(call(Function::Trim, vec![column(ColumnType::Char(4))]), Some(ColumnType::Varchar(4)));
        assert_eq!(call(Function::Round, vec![column(decimal(11, 3)), number(2)]), Some(decimal(10, 2)));
    }

    #[test]
    fn only_what_can_be_null_is_nullable() {
        let nullable = Expression::Column(ColumnReference {
            relation: None,
            name: Name::from("n"),
            column_type: ColumnType::Integer,
            nullable: true,
        });
        let call = |function, arguments| Expression::Call { function, arguments };
        assert!(!call(Function::Coalesce, vec![nullable.clone(), column(ColumnType::Integer)]).is_nullable());
        assert!(call(Function::Absolute, vec![nullable.clone()]).is_nullable());
        let without_else = Expression::Case {
            branches: vec![(column(ColumnType::Boolean), column(ColumnType::Integer))],
            otherwise: None,
        };
        assert!(without_else.is_nullable());
        assert!(!Expression::Aggregate { function: Aggregate::Count, argument: None }.is_nullable());
    }
}
