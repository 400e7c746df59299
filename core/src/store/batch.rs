//! Rows on their way to a store: one run of values, so that a batch that is used again allocates nothing.

use crate::value::Value;

/// Rows of one width.
///
/// A batch that has been written may be filled again ([`Batch::reset`]): its texts keep their memory.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    width: usize,
    rows: usize,
    /// At least `width * rows`; what lies behind is left of an earlier use.
    values: Vec<Value>,
}

impl Batch {
    /// An empty one for rows of so many values.
    pub fn new(width: usize) -> Batch {
        Batch { width, rows: 0, values: Vec::new() }
    }

    /// The rows given, as far as they are as wide as the first: those after that are left in `rows`.
    pub fn take(rows: &mut std::collections::VecDeque<Vec<Value>>, most: usize) -> Batch {
        let mut batch = Batch::new(rows.front().map_or(0, Vec::len));
        while batch.rows < most && rows.front().is_some_and(|row| row.len() == batch.width) {
            batch.rows += 1;
            batch.values.extend(rows.pop_front().unwrap_or_default());
        }
        batch
    }

    /// Empties it for rows of so many values.
    pub fn reset(&mut self, width: usize) {
        self.width = width;
        self.rows = 0;
    }

    /// How many values a row has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// One more row, to be overwritten: its values are whatever an earlier use left.
    pub fn add(&mut self) -> &mut [Value] {
        let start = self.rows * self.width;
        let end = start + self.width;
        if self.values.len() < end {
            self.values.resize(end, Value::Null);
        }
        self.rows += 1;
        &mut self.values[start..end]
    }

    /// Takes the last row back.
    pub fn drop_last(&mut self) {
        self.rows = self.rows.saturating_sub(1);
    }

    /// The row of that index.
    pub fn row(&self, index: usize) -> &[Value] {
        let start = index * self.width;
        if index < self.rows { &self.values[start..start + self.width] } else { &[] }
    }

    /// The rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[Value]> {
        (0..self.rows).map(|index| self.row(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_is_filled_again_keeps_the_memory_of_its_texts() {
        let mut batch = Batch::new(2);
        batch.add()[1] = Value::Text(String::with_capacity(100));
        batch.reset(2);
        assert!(batch.is_empty());
        let Value::Text(text) = &batch.add()[1] else { panic!("not the text") };
        assert!(text.capacity() >= 100);
        assert_eq!(batch.rows().len(), 1);
    }

    #[test]
    fn a_batch_takes_rows_of_one_width() {
        let mut rows = std::collections::VecDeque::from([vec![Value::Null], vec![Value::Null], vec![]]);
        assert_eq!(Batch::take(&mut rows, 9).len(), 2);
        let rest = Batch::take(&mut rows, 9);
        assert_eq!((rest.len(), rest.width()), (1, 0));
        assert_eq!(rest.rows().next().map(<[Value]>::len), Some(0));
    }
}
