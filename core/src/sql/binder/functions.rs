//! The scalar functions and the aggregates.

use super::casts::{MISMATCH, an};
use super::expressions::{ExpressionBinder, Operand, Place, Typed};
use crate::adapter::nearest;
use crate::error::{Error, Result};
use crate::schema::{Aggregate, ColumnType, Expression, Function, TypeFamily};
use crate::sql::ast::{self, ExpressionKind, Span};
use crate::value::Value;

/// Every portable function by its name, with its least and its greatest number of arguments.
const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("COALESCE", Function::Coalesce, 2, usize::MAX),
    ("NULLIF", Function::NullIf, 2, 2),
    ("LOWER", Function::Lower, 1, 1),
    ("UPPER", Function::Upper, 1, 1),
    ("LENGTH", Function::Length, 1, 1),
    ("TRIM", Function::Trim, 1, 1),
    ("SUBSTRING", Function::Substring, 2, 3),
    ("REPLACE", Function::Replace, 3, 3),
    ("ABS", Function::Absolute, 1, 1),
    ("ROUND", Function::Round, 1, 2),
    ("CURRENT_DATE", Function::CurrentDate, 0, 0),
    ("CURRENT_TIMESTAMP", Function::CurrentTimestamp, 0, 0),
];

const AGGREGATES: &[&str] = &["COUNT", "SUM", "MIN", "MAX", "AVG"];

/// Functions that are at home on some engine, and what to write instead.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["NOW", "GETDATE", "SYSDATE", "SYSTIMESTAMP", "LOCALTIMESTAMP", "UTC_TIMESTAMP"], "write CURRENT_TIMESTAMP"),
    (&["CURDATE", "UTC_DATE"], "write CURRENT_DATE"),
    (&["IFNULL", "NVL", "ISNULL"], "write COALESCE(a, b)"),
    (&["NVL2", "IF", "IIF", "DECODE"], "write CASE WHEN ... THEN ... ELSE ... END"),
    (&["CONCAT"], "write a || b"),
    (&["CONCAT_WS", "STRING_AGG", "GROUP_CONCAT", "LISTAGG"], "join texts by ||"),
    (&["SUBSTR", "MID", "LEFT"], "write SUBSTRING(text, start, length)"),
    (&["CHAR_LENGTH", "CHARACTER_LENGTH", "LEN"], "write LENGTH(text)"),
    (&["LCASE"], "write LOWER(text)"),
    (&["UCASE"], "write UPPER(text)"),
    (&["BTRIM"], "write TRIM(text)"),
    (&["MEAN"], "write AVG(number)"),
    (&["CONVERT", "TO_NUMBER", "TO_CHAR", "TO_DATE"], "write CAST(value AS type), where engines agree on it"),
    (&["MOD"], "write a % b"),
];

impl ExpressionBinder<'_> {
    pub(super) fn call(
        &mut self,
        name: &str,
        arguments: &[ast::Expression],
        expected: Option<&ColumnType>,
        span: &Span,
    ) -> Result<Operand> {
        let name_span = self.name_span(name, span);
        let Some((_, function, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            return Err(self.unknown_function(name, &name_span));
        };
        if arguments.len() < *least || arguments.len() > *most {
            return Err(self.wrong_count(name, *least, *most, arguments.len(), &name_span));
        }
        if let (Function::CurrentDate | Function::CurrentTimestamp, Place::Lasting(what)) = (function, self.place) {
            return Err(self
                .failed(
                    "sql.not-lasting",
                    span,
                    "changes with time",
                    format!("{what} can't depend on the current time"),
                )
                .with_help("what held when the row was written might not hold later, and engines refuse it"));
        }
        let arguments = match function {
            Function::CurrentTimestamp => return Ok(Operand::Now),
            Function::CurrentDate => Vec::new(),
            Function::Coalesce => {
                let mut operands = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    operands.push(self.bind(argument, expected)?);
                }
                self.unified(operands, expected, name, span)?.0
            }
            Function::NullIf => {
                let operands = match arguments {
                    [first, second] => vec![self.bind(first, expected)?, self.bind(second, expected)?],
                    _ => Vec::new(),
                };
                self.compared(operands, false)?
            }
            Function::Lower | Function::Upper | Function::Length | Function::Replace => {
                let mut texts = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    let bound = self.bind(argument, None)?;
                    texts.push(self.text(bound, name)?.0);
                }
                texts
            }
            Function::Trim => self.trimmed(arguments)?,
            Function::Substring => self.substring(arguments)?,
            Function::Absolute => vec![self.number(&arguments[0], expected, name)?.0],
            Function::Round => return self.round(arguments, span),
        };
        self.known(Expression::Call { function: *function, arguments }, span)
    }

    /// Where the name of a call stands, which may begin with parentheses around it.
    fn name_span(&self, name: &str, span: &Span) -> Span {
        let text = self.source.text.get(span.clone()).unwrap_or_default().to_ascii_uppercase();
        let start = span.start + text.find(name).unwrap_or(0);
        start..(start + name.len()).min(span.end)
    }

    /// TRIM alone takes a CHAR: it is what makes its text the same everywhere.
    fn trimmed(&mut self, arguments: &[ast::Expression]) -> Result<Vec<Expression>> {
        let mut texts = Vec::with_capacity(1);
        for argument in arguments {
            let bound = self.bind(argument, None)?;
            texts.push(match &bound.operand {
                Operand::Known(expression, ColumnType::Char(_)) => expression.clone(),
                _ => self.text(bound, "TRIM")?.0,
            });
        }
        Ok(texts)
    }

    fn substring(&mut self, arguments: &[ast::Expression]) -> Result<Vec<Expression>> {
        let mut bound = Vec::with_capacity(arguments.len());
        for (at, argument) in arguments.iter().enumerate() {
            bound.push(match at {
                0 => {
                    let text = self.bind(argument, None)?;
                    self.text(text, "SUBSTRING")?.0
                }
                1 => self.whole_number(argument, 1, i64::from(i32::MAX), "the start of SUBSTRING counts from 1")?,
                _ => self.whole_number(argument, 0, i64::from(i32::MAX), "the length of SUBSTRING is 0 or more")?,
            });
        }
        Ok(bound)
    }

    /// Integers are round already. Engines round the halves of binary fractions differently.
    fn round(&mut self, arguments: &[ast::Expression], span: &Span) -> Result<Operand> {
        let bound = self.bind(&arguments[0], None)?;
        let (operand, column_type) = self.numeric(bound.clone(), "ROUND")?;
        let digits = match arguments.get(1) {
            Some(digits) => Some(self.whole_number(digits, 0, 38, "ROUND keeps 0 to 38 digits")?),
            None => None,
        };
        match column_type.family() {
            TypeFamily::Integer => Ok(bound.operand),
            TypeFamily::Float => Err(self
                .failed(
                    MISMATCH,
                    &arguments[0].span,
                    column_type.to_string(),
                    format!("engines round the halves of {} differently", an(&column_type)),
                )
                .with_help("keep what is to be rounded as a DECIMAL")),
            _ => {
                let arguments = std::iter::once(operand).chain(digits).collect();
                self.known(Expression::Call { function: Function::Round, arguments }, span)
            }
        }
    }

    fn number(
        &mut self,
        argument: &ast::Expression,
        expected: Option<&ColumnType>,
        what: &str,
    ) -> Result<(Expression, ColumnType)> {
        let bound = self.bind(argument, expected)?;
        self.numeric(bound, what)
    }

    fn numeric(&self, bound: Typed, what: &str) -> Result<(Expression, ColumnType)> {
        let span = bound.span.clone();
        let (expression, column_type) = self.settle(bound)?;
        if column_type.is_numeric() {
            return Ok((expression, column_type));
        }
        let message = format!("{what} takes a number, and this is {}", an(&column_type));
        Err(self.failed(MISMATCH, &span, column_type.to_string(), message))
    }

    fn whole_number(&self, argument: &ast::Expression, least: i64, most: i64, what: &str) -> Result<Expression> {
        let number = match &argument.kind {
            ExpressionKind::Number(written) => written.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if (least..=most).contains(&number) => {
                Ok(Expression::literal(Value::Integer(number), ColumnType::Integer))
            }
            _ => Err(self
                .failed("sql.function-arguments", &argument.span, "a whole number is wanted", what)
                .with_help("write the number itself: engines read a computed or negative one differently")),
        }
    }

    fn wrong_count(&self, name: &str, least: usize, most: usize, given: usize, span: &Span) -> Error {
        let wanted = match (least, most) {
            (0, 0) => "no arguments".to_owned(),
            (1, 1) => "one argument".to_owned(),
            (least, usize::MAX) => format!("at least {least} arguments"),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        };
        let error = self.failed(
            "sql.function-arguments",
            span,
            format!("{given} given"),
            format!("{name} takes {wanted}, not {given}"),
        );
        match name {
            "TRIM" => {
                error.with_help("it takes away the spaces at both ends; other characters are replaced by REPLACE")
            }
            "CURRENT_DATE" | "CURRENT_TIMESTAMP" => {
                error.with_help(format!("{name} keeps microseconds on every engine"))
            }
            _ => error,
        }
    }

    fn unknown_function(&self, name: &str, span: &Span) -> Error {
        let error =
            self.failed("sql.unknown-function", span, "unknown function", format!("{name} is not a portable function"));
        if let Some((_, instead)) = ELSEWHERE.iter().find(|(names, _)| names.contains(&name)) {
            return error.with_help(*instead);
        }
        let names = || FUNCTIONS.iter().map(|(name, ..)| *name).chain(AGGREGATES.iter().copied());
        error.with_help(match nearest(name, names()) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!(
                "the portable functions are {}; what only one engine has belongs into a section for it",
                names().collect::<Vec<_>>().join(", ")
            ),
        })
    }

    pub(super) fn aggregate(
        &mut self,
        function: Aggregate,
        argument: Option<&ast::Expression>,
        span: &Span,
    ) -> Result<Operand> {
        let name = aggregate_name(function);
        let name_span = self.name_span(name, span);
        if self.inside_aggregate {
            let message = format!("{name} can't stand inside another aggregate");
            return Err(self.failed("sql.aggregate", &name_span, "inside an aggregate", message));
        }
        if let Place::Clause(what) | Place::Lasting(what) = self.place {
            let message = format!("{name} can stand only among the items of a SELECT, not in {what}");
            let error = self.failed("sql.aggregate", &name_span, "an aggregate", message);
            return Err(match what {
                "WHERE" => error.with_help("make a view of the groups, and filter the view"),
                _ => error,
            });
        }
        let Some(argument) = argument else {
            return self.known(Expression::Aggregate { function, argument: None }, span);
        };
        self.inside_aggregate = true;
        let bound = self.bind(argument, None)?;
        self.inside_aggregate = false;
        let (operand, column_type) = self.settle(bound)?;
        let takes = match function {
            Aggregate::Count => true,
            Aggregate::Sum | Aggregate::Average => column_type.is_numeric(),
            Aggregate::Min | Aggregate::Max => !matches!(
                column_type.family(),
                TypeFamily::Boolean | TypeFamily::Binary | TypeFamily::Uuid | TypeFamily::Json
            ),
        };
        if !takes {
            let message = format!("{name} does not take {} on every engine", an(&column_type));
            let error = self.failed(MISMATCH, &argument.span, column_type.to_string(), message);
            return Err(match column_type {
                ColumnType::Boolean => error.with_help("count with CASE WHEN ... THEN 1 ELSE 0 END"),
                _ => error,
            });
        }
        self.known(Expression::Aggregate { function, argument: Some(Box::new(operand)) }, span)
    }
}

fn aggregate_name(function: Aggregate) -> &'static str {
    match function {
        Aggregate::Count => "COUNT",
        Aggregate::Sum => "SUM",
        Aggregate::Min => "MIN",
        Aggregate::Max => "MAX",
        Aggregate::Average => "AVG",
    }
}
