//! Money, accounts and numbers with a check digit. The cards begin with digits that payment systems keep for tests.

use super::definition::{Definition, Group, Unique};
use super::draw::Draw;
use crate::seed::formula::convert::write_digits;

pub(super) static GROUP: Group = Group {
    name: "finance",
    functions: &[
        Definition::list("currency_code", "currency_code()", "a currency's code, such as EUR", |words| {
            words.currency_codes
        }),
        Definition::list("currency_name", "currency_name()", "a currency", |words| words.currency_names),
        Definition::words("iban", "iban()", "a German account number with the right check digits", iban)
            .unique(Unique::Own),
        Definition::words(
            "credit_card",
            "credit_card()",
            "a card number for tests with the right check digit",
            credit_card,
        )
        .unique(Unique::Own),
        Definition::words("isbn", "isbn()", "an ISBN of 13 digits with the right check digit", isbn)
            .unique(Unique::Own),
        Definition::words("ean13", "ean13()", "a product code of 13 digits with the right check digit", ean13)
            .unique(Unique::Own),
    ],
};

/// A number in so many digits.
fn padded(number: u64, width: usize, out: &mut String) {
    let mut digits = String::new();
    write_digits(number, &mut digits);
    super::text::padded(&digits, width, '0', out);
}

fn iban(draw: &mut Draw, out: &mut String) {
    let account = draw.below(1_000_000_000_000_000_000);
    // ISO 13616: the account, then DE as 13 14, then 00, modulo 97.
    let check = 98 - (u128::from(account) * 1_000_000 + 131_400) % 97;
    out.push_str("DE");
    padded(check as u64, 2, out);
    padded(account, 18, out);
}

fn credit_card(draw: &mut Draw, out: &mut String) {
    let start = out.len();
    out.push_str("411111");
    padded(draw.below(1_000_000_000), 9, out);
    // Luhn's formula: from the right, every other digit counts twice.
    let sum: u64 = out[start..]
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u64::from(byte - b'0');
            if place % 2 == 0 { digit * 2 - if digit > 4 { 9 } else { 0 } } else { digit }
        })
        .sum();
    write_digits((10 - sum % 10) % 10, out);
}

/// Appends the check digit of the twelve digits from `start`: weights 1 and 3 in turn.
fn check_ean(start: usize, out: &mut String) {
    let sum: u64 = out[start..]
        .bytes()
        .enumerate()
        .map(|(place, byte)| u64::from(byte - b'0') * if place % 2 == 0 { 1 } else { 3 })
        .sum();
    write_digits((10 - sum % 10) % 10, out);
}

fn isbn(draw: &mut Draw, out: &mut String) {
    let start = out.len();
    out.push_str("978");
    padded(draw.below(1_000_000_000), 9, out);
    check_ean(start, out);
}

fn ean13(draw: &mut Draw, out: &mut String) {
    let start = out.len();
    padded(draw.below(1_000_000_000_000), 12, out);
    check_ean(start, out);
}
