//! Operators with two operands, and the rules by which operands take one type together.

use super::casts::{self, MISMATCH, an};
use super::errors::Refusal;
use super::expressions::{ExpressionBinder, Operand, Typed, now};
use super::literals::Constant;
use crate::error::Result;
use crate::schema::{BinaryOperator, ColumnType, Expression, TypeFamily};
use crate::sql::ast::{self, ExpressionKind, Span};
use crate::value::Value;

impl ExpressionBinder<'_> {
    pub(super) fn binary(
        &mut self,
        left: &ast::Expression,
        operator: BinaryOperator,
        right: &ast::Expression,
        expected: Option<&ColumnType>,
        span: &Span,
    ) -> Result<Operand> {
        use BinaryOperator::*;
        let (left, right) = match operator {
            And | Or => (self.condition(left)?, self.condition(right)?),
            Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual => {
                self.refuse_null_comparison(left, right, operator)?;
                let operands = vec![self.bind(left, None)?, self.bind(right, None)?];
                self.two(self.compared(operands, !matches!(operator, Equal | NotEqual))?, span)?
            }
            Concatenate => {
                let (left, right) = (self.bind(left, None)?, self.bind(right, None)?);
                (self.text(left, "||")?.0, self.text(right, "||")?.0)
            }
            Add | Subtract | Multiply | Divide | IntegerDivide | Modulo => {
                let (left, right) = (self.bind(left, expected)?, self.bind(right, expected)?);
                return self.arithmetic(left, operator, right, expected, span);
            }
        };
        self.known(Expression::Binary { left: Box::new(left), operator, right: Box::new(right) }, span)
    }

    /// `left = right`, as a simple CASE means it.
    pub(super) fn equal(&self, left: Typed, right: Typed) -> Result<Expression> {
        let span = right.span.clone();
        let (left, right) = self.two(self.compared(vec![left, right], false)?, &span)?;
        Ok(Expression::Binary { left: Box::new(left), operator: BinaryOperator::Equal, right: Box::new(right) })
    }

    fn two(&self, operands: Vec<Expression>, span: &Span) -> Result<(Expression, Expression)> {
        match <[Expression; 2]>::try_from(operands) {
            Ok([left, right]) => Ok((left, right)),
            Err(_) => Err(self.untyped(span)),
        }
    }

    fn refuse_null_comparison(
        &self,
        left: &ast::Expression,
        right: &ast::Expression,
        operator: BinaryOperator,
    ) -> Result<()> {
        let Some(null) = [right, left].into_iter().find(|operand| operand.kind == ExpressionKind::Null) else {
            return Ok(());
        };
        let instead = if operator == BinaryOperator::NotEqual { "IS NOT NULL" } else { "IS NULL" };
        Err(self
            .failed("sql.null", &null.span, "never true", "a comparison with NULL is never true")
            .with_help(format!("write {instead}")))
    }

    /// Operands that are compared with one another: constants take the type of the first that has one.
    pub(super) fn compared(&self, operands: Vec<Typed>, ordered: bool) -> Result<Vec<Expression>> {
        if let Some(null) = operands.iter().find(|operand| matches!(operand.operand, Operand::Null)) {
            return Err(self
                .failed("sql.null", &null.span, "never equal to anything", "a comparison with NULL is never true")
                .with_help("test for it apart: ... OR x IS NULL"));
        }
        let pivot = operands.iter().find_map(|operand| match &operand.operand {
            Operand::Known(_, column_type) => Some(column_type.clone()),
            _ => None,
        });
        let pivot = pivot.or_else(|| {
            let now = operands.iter().any(|operand| matches!(operand.operand, Operand::Now));
            now.then_some(ColumnType::Timestamp)
        });
        let mut first: Option<ColumnType> = pivot.clone();
        let mut bound = Vec::with_capacity(operands.len());
        for operand in operands {
            let span = operand.span.clone();
            let (expression, column_type) = match (&operand.operand, &pivot) {
                (Operand::Constant(constant), Some(pivot)) => self.constant(constant, pivot.clone(), &span)?,
                (Operand::Now, Some(ColumnType::TimestampTz)) => (now(), ColumnType::TimestampTz),
                _ => self.settle(operand)?,
            };
            let against = first.get_or_insert_with(|| column_type.clone());
            casts::compare(against, &column_type, ordered).map_err(|refusal| refusal.at(self.source, &span))?;
            bound.push(expression);
        }
        Ok(bound)
    }

    /// Results of which one is taken (CASE, COALESCE): the widest number, the longest text. Constants take the type of the
    /// others if they fit it, else the type that is expected, else each its own.
    pub(super) fn unified(
        &self,
        operands: Vec<Typed>,
        expected: Option<&ColumnType>,
        what: &str,
        span: &Span,
    ) -> Result<(Vec<Expression>, ColumnType)> {
        let mut unified: Option<ColumnType> = None;
        for operand in &operands {
            if let Operand::Known(_, column_type) = &operand.operand {
                unified = Some(self.unify(unified, column_type, what, &operand.span)?);
            }
        }
        let shared = unified.clone().or_else(|| {
            let fits = |operand: &Typed| match (&operand.operand, expected) {
                (Operand::Constant(constant), Some(expected)) => constant.coerce(expected).is_ok(),
                (Operand::Now, Some(expected)) => is_timestamp(expected),
                (Operand::Null, Some(_)) => true,
                _ => false,
            };
            let typed = operands.iter().any(|operand| !matches!(operand.operand, Operand::Null));
            (typed && operands.iter().all(fits)).then(|| expected.cloned()).flatten()
        });
        let mut bound = Vec::with_capacity(operands.len());
        let mut result = shared.clone();
        for operand in operands {
            let span = operand.span.clone();
            if let Operand::Null = operand.operand {
                bound.push(Expression::null());
                continue;
            }
            let (expression, column_type) = match (operand.operand, &shared) {
                (Operand::Now, Some(shared)) if is_timestamp(shared) => (now(), shared.clone()),
                (Operand::Constant(constant), Some(shared)) => self.constant_beside(&constant, shared, &span)?,
                (operand, _) => self.settle(Typed { operand, span: span.clone() })?,
            };
            result = Some(self.unify(result, &column_type, what, &span)?);
            bound.push(expression);
        }
        match result {
            Some(result) => Ok((bound, result)),
            None => Err(self
                .failed("sql.null", span, "only NULL", format!("{what} has no type: all its results are NULL"))
                .with_help("state one: CAST(NULL AS type)")),
        }
    }

    /// A constant beside results of a type: in that type, or in its own where the two have a wider one in common.
    fn constant_beside(
        &self,
        constant: &Constant,
        shared: &ColumnType,
        span: &Span,
    ) -> Result<(Expression, ColumnType)> {
        let refused = |refusal: Refusal| refusal.at(self.source, span);
        match constant.coerce(shared) {
            Ok(value) => Ok((Expression::literal(value, shared.clone()), shared.clone())),
            Err(misfit) => {
                let natural = constant.natural_type().map_err(refused)?;
                match shared.unify(&natural) {
                    Some(_) => self.constant(constant, natural, span),
                    None => Err(refused(misfit)),
                }
            }
        }
    }

    fn unify(&self, so_far: Option<ColumnType>, next: &ColumnType, what: &str, span: &Span) -> Result<ColumnType> {
        let Some(so_far) = so_far else { return Ok(next.clone()) };
        so_far.unify(next).ok_or_else(|| {
            let error = self.failed(
                MISMATCH,
                span,
                next.to_string(),
                format!("{what} gives {} in one place and {} in another", an(&so_far), an(next)),
            );
            match (so_far.family(), next.family()) {
                (TypeFamily::Text, TypeFamily::Text) => error.with_help("take the blanks of the CHAR away: TRIM(...)"),
                _ => error.with_help("cast one of them: CAST(... AS type)"),
            }
        })
    }

    fn arithmetic(
        &self,
        left: Typed,
        operator: BinaryOperator,
        right: Typed,
        expected: Option<&ColumnType>,
        span: &Span,
    ) -> Result<Operand> {
        let (left_span, right_span) = (left.span.clone(), right.span.clone());
        let ((left, left_type), (right, right_type)) = self.numbers(left, right, expected)?;
        for (column_type, span) in [(&left_type, &left_span), (&right_type, &right_span)] {
            if !column_type.is_numeric() {
                return Err(self.not_a_number(operator, column_type, span));
            }
        }
        let divides =
            matches!(operator, BinaryOperator::Divide | BinaryOperator::IntegerDivide | BinaryOperator::Modulo);
        if divides && is_zero(&right) {
            return Err(self
                .failed("sql.division-by-zero", &right_span, "zero", "a division by zero")
                .with_help("engines give an error or NULL for it"));
        }
        let operator = match operator {
            BinaryOperator::Divide | BinaryOperator::IntegerDivide => self.division(&left_type, &right_type, span)?,
            BinaryOperator::Modulo => {
                for (column_type, span) in [(&left_type, &left_span), (&right_type, &right_span)] {
                    if column_type.family() != TypeFamily::Integer {
                        let message = format!("% takes integers, and this is {}", an(column_type));
                        return Err(self.failed(MISMATCH, span, column_type.to_string(), message));
                    }
                }
                operator
            }
            other => other,
        };
        if operator.result_type(Some(&left_type), Some(&right_type)).is_none() {
            return Err(self
                .failed(
                    MISMATCH,
                    span,
                    format!("{left_type} {} {right_type}", symbol(operator)),
                    "the result has more than 38 digits after the point",
                )
                .with_help("round an operand first: ROUND(..., digits)"));
        }
        self.known(Expression::Binary { left: Box::new(left), operator, right: Box::new(right) }, span)
    }

    /// The operands of arithmetic: a constant takes the type of the other side, or its own where it does not fit.
    #[allow(clippy::type_complexity)]
    fn numbers(
        &self,
        left: Typed,
        right: Typed,
        expected: Option<&ColumnType>,
    ) -> Result<((Expression, ColumnType), (Expression, ColumnType))> {
        let beside = |operand: &Typed, other: &ColumnType| match &operand.operand {
            Operand::Constant(constant) => {
                let column_type =
                    constant.operand_type(other).map_err(|refusal: Refusal| refusal.at(self.source, &operand.span))?;
                self.constant(constant, column_type, &operand.span)
            }
            _ => self.settle(operand.clone()),
        };
        match (&left.operand, &right.operand) {
            (Operand::Known(_, left_type), _) => {
                let right = beside(&right, left_type)?;
                Ok((self.settle(left)?, right))
            }
            (_, Operand::Known(_, right_type)) => {
                let left = beside(&left, right_type)?;
                Ok((left, self.settle(right)?))
            }
            (Operand::Constant(one), Operand::Constant(other)) => {
                let target = expected
                    .filter(|target| target.is_numeric() && !matches!(target, ColumnType::Decimal { .. }))
                    .filter(|target| one.coerce(target).is_ok() && other.coerce(target).is_ok());
                match target {
                    Some(target) => Ok((
                        self.constant(one, target.clone(), &left.span)?,
                        self.constant(other, target.clone(), &right.span)?,
                    )),
                    None => Ok((self.settle(left)?, self.settle(right)?)),
                }
            }
            _ => Ok((self.settle(left)?, self.settle(right)?)),
        }
    }

    fn not_a_number(&self, operator: BinaryOperator, column_type: &ColumnType, span: &Span) -> crate::Error {
        let message = format!("{} takes numbers, and this is {}", symbol(operator), an(column_type));
        let error = self.failed(MISMATCH, span, column_type.to_string(), message);
        match column_type.family() {
            TypeFamily::Text if operator == BinaryOperator::Add => error.with_help("texts are joined by ||"),
            TypeFamily::Date | TypeFamily::Time | TypeFamily::Timestamp | TypeFamily::TimestampTz => {
                error.with_help("engines compute with dates differently: write a section for each engine")
            }
            TypeFamily::Boolean => error.with_help("count with CASE WHEN ... THEN 1 ELSE 0 END"),
            _ => error,
        }
    }

    /// Integers divide to an integer, floats to a float. Engines keep different digits of a DECIMAL's quotient.
    fn division(&self, left: &ColumnType, right: &ColumnType, span: &Span) -> Result<BinaryOperator> {
        match (left.family(), right.family()) {
            (TypeFamily::Integer, TypeFamily::Integer) => Ok(BinaryOperator::IntegerDivide),
            (TypeFamily::Float, _) | (_, TypeFamily::Float) => Ok(BinaryOperator::Divide),
            _ => Err(self
                .failed(
                    "sql.decimal-division",
                    span,
                    format!("{left} / {right}"),
                    "engines keep different digits when they divide a DECIMAL",
                )
                .with_help("cast one side: CAST(... AS DOUBLE PRECISION)")),
        }
    }
}

fn is_timestamp(column_type: &ColumnType) -> bool {
    matches!(column_type, ColumnType::Timestamp | ColumnType::TimestampTz)
}

fn is_zero(operand: &Expression) -> bool {
    match operand {
        Expression::Literal { value: Value::Integer(number), .. } => *number == 0,
        Expression::Literal { value: Value::Decimal(number), .. } => number.mantissa() == 0,
        Expression::Literal { value: Value::Double(number), .. } => *number == 0.0,
        _ => false,
    }
}

fn symbol(operator: BinaryOperator) -> &'static str {
    use BinaryOperator::*;
    match operator {
        Add => "+",
        Subtract => "-",
        Multiply => "*",
        Divide | IntegerDivide => "/",
        Modulo => "%",
        Concatenate => "||",
        Equal => "=",
        NotEqual => "<>",
        Less => "<",
        LessOrEqual => "<=",
        Greater => ">",
        GreaterOrEqual => ">=",
        And => "AND",
        Or => "OR",
    }
}
