//! Values in the text format of COPY: for types and values that the binary format is not known for.

use bytes::{BufMut, BytesMut};
use fastman_core::value::Value;

use crate::value::{NoValue, text};

/// Appends one row.
pub(super) fn put_row(row: &[Value], buffer: &mut BytesMut) -> Result<(), NoValue> {
    for (index, value) in row.iter().enumerate() {
        if index > 0 {
            buffer.put_u8(b'\t');
        }
        match text(value)? {
            None => buffer.put_slice(b"\\N"),
            Some(text) => put_escaped(&text, buffer),
        }
    }
    buffer.put_u8(b'\n');
    Ok(())
}

fn put_escaped(text: &str, buffer: &mut BytesMut) {
    for byte in text.bytes() {
        match byte {
            b'\\' => buffer.put_slice(b"\\\\"),
            b'\t' => buffer.put_slice(b"\\t"),
            b'\n' => buffer.put_slice(b"\\n"),
            b'\r' => buffer.put_slice(b"\\r"),
            other => buffer.put_u8(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_field_or_a_row_is_escaped() {
        let mut buffer = BytesMut::new();
        let row = [Value::Text("a\tb\\N\nc\r".to_owned()), Value::Null, Value::Integer(5)];
        put_row(&row, &mut buffer).unwrap();
        assert_eq!(&buffer[..], b"a\\tb\\\\N\\nc\\r\t\\N\t5\n");
    }
}
