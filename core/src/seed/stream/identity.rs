//! What a row is called: its key in the store, the id of a document.

use super::{OwnKey, Ready};
use crate::error::Result;
use crate::store::document_id;
use crate::value::Value;

impl Ready {
    /// The key of a row: reserved, read from the table, or the document's id. NULL where none is known.
    ///
    /// # Errors
    /// What computing the columns gave that a document's id is made of.
    pub(crate) fn key(&self, ordinal: u64) -> Result<Value> {
        let place = usize::try_from(ordinal).unwrap_or(usize::MAX);
        if let Some(id) = self.ids.get().and_then(|ids| ids.get(place)) {
            return Ok(id.clone());
        }
        match &self.own_key {
            OwnKey::Identity(_) => {
                Ok(self.first.map_or(Value::Null, |first| Value::Integer(first.saturating_add_unsigned(ordinal))))
            }
            OwnKey::Document => {
                let mut parts = Vec::with_capacity(self.planned.key.len().max(2));
                for column in &self.planned.key {
                    let place = self.shape(ordinal).and_then(|shape| shape.column(column));
                    parts.push(match place {
                        Some(place) => self.value(place, ordinal)?,
                        None => Value::Null,
                    });
                }
                if parts.is_empty() {
                    parts = self.path_parts(ordinal);
                }
                Ok(Value::Text(document_id(&parts)))
            }
            OwnKey::None => match self.shape(ordinal).and_then(|shape| {
                let id = shape.document_id;
                id.or_else(|| match shape.table.as_ref()?.primary_key() {
                    [only] => shape.column(only),
                    _ => None,
                })
            }) {
                Some(place) => self.value(place, ordinal),
                None => Ok(Value::Null),
            },
        }
    }

    /// The id of a document of a file; of a row, NULL until its key is known.
    pub(super) fn id_of_loaded(&self, ordinal: u64, values: &[Value]) -> Value {
        let (OwnKey::Document, Some(shape)) = (&self.own_key, self.shape(0)) else { return Value::Null };
        let key = self.planned.key.iter().filter_map(|name| values.get(shape.column(name)?));
        let mut parts: Vec<Value> = key.cloned().collect();
        if parts.is_empty() {
            parts = self.path_parts(ordinal);
        }
        Value::Text(document_id(&parts))
    }

    /// What makes a document the one that it is, where no key does.
    fn path_parts(&self, ordinal: u64) -> Vec<Value> {
        let number = i64::try_from(self.planned.start + ordinal).unwrap_or(i64::MAX);
        vec![Value::Text(self.planned.path.clone()), Value::Integer(number)]
    }
}
