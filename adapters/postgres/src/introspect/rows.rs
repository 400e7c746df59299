//! The values of one catalog row, taken one after the other. Our own queries say what comes: what does not fit is as empty.

use fastman_core::value::Value;

/// A row being read.
pub(super) struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Row {
        Row(values.into_iter())
    }

    /// The next value as text; empty for NULL.
    pub(super) fn text(&mut self) -> String {
        self.optional_text().unwrap_or_default()
    }

    /// The next value as text.
    pub(super) fn optional_text(&mut self) -> Option<String> {
        match self.0.next() {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The next value as a truth; false for NULL.
    pub(super) fn truth(&mut self) -> bool {
        self.0.next() == Some(Value::Boolean(true))
    }

    /// The next value as a number; -1 for NULL.
    pub(super) fn number(&mut self) -> i32 {
        match self.0.next() {
            Some(Value::Integer(number)) => i32::try_from(number).unwrap_or(-1),
            _ => -1,
        }
    }

    /// The texts of the next value, an array; NULLs in it are left out.
    pub(super) fn texts(&mut self) -> Vec<String> {
        match self.0.next() {
            Some(Value::Array(values)) => values
                .into_iter()
                .filter_map(|value| match value {
                    Value::Text(text) => Some(text),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}
