//! What the portable set's statements become.

mod errors;
mod expressions;
mod statements;

use super::*;
use crate::sql::ast::{Expression, ExpressionKind};

fn statements(text: &str) -> Vec<Statement> {
    match parse(&SourceText::new("m.sql", text), 0..text.len()) {
        Ok(statements) => statements,
        Err(error) => panic!("{text}: {error} at {}", error.location().unwrap()),
    }
}

fn statement(text: &str) -> StatementKind {
    let mut all = statements(text);
    assert_eq!(all.len(), 1);
    all.remove(0).kind
}

fn expression(text: &str) -> Expression {
    match parse_expression(&SourceText::new("e", text), 0..text.len()) {
        Ok(expression) => expression,
        Err(error) => panic!("{text}: {error} at {}", error.location().unwrap()),
    }
}

/// The tree in a form that fits a line: every node in parentheses.
fn shown(expression: &Expression) -> String {
    let all = |list: &[Expression]| list.iter().map(shown).collect::<Vec<_>>().join(" ");
    let not = |negated: &bool| if *negated { "not-" } else { "" };
    match &expression.kind {
        ExpressionKind::Null => "null".to_owned(),
        ExpressionKind::Boolean(value) => value.to_string(),
        ExpressionKind::Number(text) => text.clone(),
        ExpressionKind::Text(text) => format!("{text:?}"),
        ExpressionKind::Bytes(bytes) => format!("{bytes:?}"),
        ExpressionKind::Typed(name, text) => format!("({} {text:?})", name.words),
        ExpressionKind::Column(None, column) => column.name.to_string(),
        ExpressionKind::Column(Some(relation), column) => format!("{}.{}", relation.name, column.name),
        ExpressionKind::Unary(operator, operand) => format!("({operator:?} {})", shown(operand)),
        ExpressionKind::Binary(left, operator, right) => format!("({operator:?} {} {})", shown(left), shown(right)),
        ExpressionKind::IsNull(operand, negated) => format!("({}null? {})", not(negated), shown(operand)),
        ExpressionKind::In(operand, list, negated) => format!("({}in {} {})", not(negated), shown(operand), all(list)),
        ExpressionKind::Between(operand, low, high, negated) => {
            format!("({}between {} {} {})", not(negated), shown(operand), shown(low), shown(high))
        }
        ExpressionKind::Like(operand, pattern, negated) => {
            format!("({}like {} {})", not(negated), shown(operand), shown(pattern))
        }
        ExpressionKind::Case(operand, branches, otherwise) => {
            let operand = operand.as_ref().map(|operand| format!(" {}", shown(operand))).unwrap_or_default();
            let branches: String =
                branches.iter().map(|(when, then)| format!(" {}:{}", shown(when), shown(then))).collect();
            let otherwise =
                otherwise.as_ref().map(|otherwise| format!(" else:{}", shown(otherwise))).unwrap_or_default();
            format!("(case{operand}{branches}{otherwise})")
        }
        ExpressionKind::Cast(operand, to) => format!("(cast {} {} {:?})", shown(operand), to.words, numbers(to)),
        ExpressionKind::Call(name, arguments) => format!("({name} {})", all(arguments)).replace(" )", ")"),
        ExpressionKind::Aggregate(aggregate, argument) => {
            format!("({aggregate:?} {})", argument.as_ref().map_or_else(|| "*".to_owned(), |argument| shown(argument)))
        }
    }
}

fn numbers(name: &crate::sql::ast::TypeName) -> Vec<u64> {
    name.arguments.iter().map(|(number, _)| *number).collect()
}
