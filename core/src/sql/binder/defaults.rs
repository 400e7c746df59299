//! DEFAULT: a constant, CURRENT_TIMESTAMP or CURRENT_DATE.

use super::errors::failed;
use super::expressions::{ExpressionBinder, Place};
use super::scope::Scope;
use crate::error::{Result, SourceText};
use crate::schema::{ColumnType, Expression, Function, Name};
use crate::sql::ast;
use crate::value::Value;

/// The bound default; `None` for NULL, which is what a column without one gets.
pub(super) fn default(
    source: &SourceText,
    column: &Name,
    column_type: &ColumnType,
    nullable: bool,
    written: &ast::Expression,
) -> Result<Option<Expression>> {
    let scope = Scope::empty();
    let bound = ExpressionBinder::new(source, &scope, Place::Clause("DEFAULT")).stored(written, column_type)?;
    match &bound {
        Expression::Literal { value: Value::Null, .. } if nullable => Ok(None),
        Expression::Literal { value: Value::Null, .. } => {
            let message = format!("column {column} takes no NULL, so NULL can't be its default");
            Err(failed(source, "schema.default", &written.span, "NULL", message))
        }
        Expression::Literal { .. }
        | Expression::Call { function: Function::CurrentDate | Function::CurrentTimestamp, .. } => Ok(Some(bound)),
        _ => Err(failed(
            source,
            "schema.default",
            &written.span,
            "computed",
            "a default is a constant, CURRENT_TIMESTAMP or CURRENT_DATE",
        )
        .with_help("write the value itself, or set it with UPDATE; what only one engine computes belongs into a section for it")),
    }
}
