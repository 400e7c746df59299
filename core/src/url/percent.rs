//! Percent-encoding, as URLs use it.

/// What is wrong with an encoded text. It holds none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// A percent sign without two hexadecimal digits.
    Digits,
    /// The bytes are not UTF-8.
    Encoding,
    /// A control character, which no name, path or password has.
    Control,
}

/// The text with every `%41` replaced by the byte it stands for.
pub(super) fn decode(text: &str) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = rest.next().and_then(digit).ok_or(Problem::Digits)?;
            let low = rest.next().and_then(digit).ok_or(Problem::Digits)?;
            bytes.push(high << 4 | low);
        } else {
            bytes.push(byte);
        }
    }
    let decoded = String::from_utf8(bytes).map_err(|_| Problem::Encoding)?;
    if decoded.chars().any(char::is_control) { Err(Problem::Control) } else { Ok(decoded) }
}

/// The text with every character percent-encoded that is neither unreserved nor one of `plain`. Letters outside ASCII stay as they are:
/// the result is shown to people.
pub(super) fn encode(text: &str, plain: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        let kept = character.is_alphanumeric() || "-._~".contains(character) || plain.contains(character);
        if kept {
            encoded.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    encoded
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
