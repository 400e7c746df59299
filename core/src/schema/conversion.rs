//! Which retypes of a column are the same on every engine.

use super::{ColumnType, TypeFamily};

/// What becomes of the values when a column's type changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Every value of the old type is one of the new type.
    Free,
    /// Some values may not fit: the rows must be checked before, since engines cut, round or fail differently.
    Checked,
    /// Engines disagree on the result, or there is none; the reason as a clause.
    Refused(String),
}

/// What becomes of the values of a column when its type changes.
pub fn conversion(from: &ColumnType, to: &ColumnType) -> Conversion {
    if from == to {
        return Conversion::Free;
    }
    match (from.family(), to.family()) {
        (TypeFamily::Integer | TypeFamily::Decimal, TypeFamily::Integer | TypeFamily::Decimal) => numbers(from, to),
        (TypeFamily::Integer, TypeFamily::Float) => match (from, to) {
            (ColumnType::SmallInt, _) | (ColumnType::Integer, ColumnType::Double) => Conversion::Free,
            _ => refused(format!("{to} can't hold every {from} exactly")),
        },
        (TypeFamily::Float, TypeFamily::Float) => match to {
            ColumnType::Double => Conversion::Free,
            _ => refused(format!("{to} can't hold every {from} exactly")),
        },
        (TypeFamily::Float, TypeFamily::Text) => refused("engines write floating-point numbers differently".into()),
        (TypeFamily::Integer, TypeFamily::Text) => written(
            from,
            to,
            match from {
                ColumnType::SmallInt => 6,
                ColumnType::Integer => 11,
                _ => 20,
            },
        ),
        (TypeFamily::Uuid, TypeFamily::Text) => written(from, to, 36),
        (TypeFamily::Date, TypeFamily::Text) => written(from, to, 10),
        (TypeFamily::Text, TypeFamily::Text) => texts(from, to),
        (TypeFamily::Binary, TypeFamily::Binary) => free_if(bytes(to) >= bytes(from)),
        (TypeFamily::Date, TypeFamily::Timestamp) => Conversion::Free,
        (TypeFamily::Timestamp | TypeFamily::TimestampTz, TypeFamily::Date | TypeFamily::Time) => {
            refused(format!("it would lose part of every {from}"))
        }
        (TypeFamily::Timestamp | TypeFamily::Date, TypeFamily::TimestampTz)
        | (TypeFamily::TimestampTz, TypeFamily::Timestamp) => {
            refused("the result would depend on the session's time zone".into())
        }
        (TypeFamily::Text, _) => refused(format!("engines read text as {to} differently")),
        (_, TypeFamily::Text) => refused(format!("engines write {from} as text differently")),
        _ => refused(format!("{from} and {to} have nothing in common")),
    }
}

/// Between exact numbers: by the digits before and after the point.
fn numbers(from: &ColumnType, to: &ColumnType) -> Conversion {
    // An integer type holds all numbers of so many digits, and some of one digit more.
    let (whole_from, scale_from) = match *from {
        ColumnType::SmallInt => (5, 0),
        ColumnType::Integer => (10, 0),
        ColumnType::BigInt => (19, 0),
        ColumnType::Decimal { precision, scale } => (precision.saturating_sub(scale), scale),
        _ => (u8::MAX, u8::MAX),
    };
    let (whole_to, scale_to) = match (from.family(), to) {
        (TypeFamily::Integer, ColumnType::SmallInt) => (5, 0),
        (TypeFamily::Integer, ColumnType::Integer) => (10, 0),
        (TypeFamily::Integer, ColumnType::BigInt) => (19, 0),
        (_, ColumnType::SmallInt) => (4, 0),
        (_, ColumnType::Integer) => (9, 0),
        (_, ColumnType::BigInt) => (18, 0),
        (_, ColumnType::Decimal { precision, scale }) => (precision.saturating_sub(*scale), *scale),
        _ => (0, 0),
    };
    free_if(whole_to >= whole_from && scale_to >= scale_from)
}

/// Between texts. Where an engine pads CHAR, its trailing blanks come and go with the type.
fn texts(from: &ColumnType, to: &ColumnType) -> Conversion {
    match (from, to) {
        (ColumnType::Char(old), ColumnType::Char(new)) if new >= old => Conversion::Free,
        (ColumnType::Char(_), _) | (_, ColumnType::Char(_)) => {
            refused("engines keep or drop the trailing blanks of CHAR differently".into())
        }
        (_, ColumnType::Text) => Conversion::Free,
        (ColumnType::Varchar(old), ColumnType::Varchar(new)) => free_if(new >= old),
        _ => Conversion::Checked,
    }
}

/// To text, where the value takes at most so many characters.
fn written(from: &ColumnType, to: &ColumnType, characters: u32) -> Conversion {
    match to {
        ColumnType::Char(length) if *length == characters && *from == ColumnType::Uuid => Conversion::Free,
        ColumnType::Char(_) => refused("engines keep or drop the trailing blanks of CHAR differently".into()),
        ColumnType::Varchar(length) if *length < characters => {
            refused(format!("{from} takes up to {characters} characters"))
        }
        _ => Conversion::Free,
    }
}

fn bytes(column_type: &ColumnType) -> u32 {
    match column_type {
        ColumnType::Varbinary(length) => *length,
        _ => u32::MAX,
    }
}

fn free_if(free: bool) -> Conversion {
    if free { Conversion::Free } else { Conversion::Checked }
}

fn refused(reason: String) -> Conversion {
    Conversion::Refused(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnType::*;

    fn decimal(precision: u8, scale: u8) -> ColumnType {
        Decimal { precision, scale }
    }

    #[test]
    fn widening_is_free() {
        let wider = [
            (SmallInt, Integer),
            (SmallInt, BigInt),
            (Integer, BigInt),
            (SmallInt, decimal(5, 0)),
            (Integer, decimal(12, 2)),
            (BigInt, decimal(19, 0)),
            (decimal(10, 2), decimal(12, 2)),
            (decimal(10, 2), decimal(12, 4)),
            (decimal(9, 0), Integer),
            (SmallInt, Real),
            (Integer, Double),
            (Real, Double),
            (Char(2), Char(3)),
            (Varchar(10), Varchar(11)),
            (Varchar(10), Text),
            (Varbinary(4), Varbinary(5)),
            (Varbinary(4), Blob),
            (Date, Timestamp),
            (Integer, Varchar(11)),
            (BigInt, Text),
            (Uuid, Varchar(36)),
            (Uuid, Char(36)),
            (Date, Varchar(10)),
            (Json, Json),
        ];
        for (from, to) in wider {
            assert_eq!(conversion(&from, &to), Conversion::Free, "{from} to {to}");
        }
    }

    #[test]
    fn narrowing_needs_a_look_at_the_rows() {
        let narrower = [
            (BigInt, Integer),
            (Integer, SmallInt),
            (Integer, decimal(9, 0)),
            (Integer, decimal(11, 2)),
            (decimal(10, 2), decimal(10, 4)),
            (decimal(10, 2), decimal(9, 1)),
            (decimal(10, 0), Integer),
            (decimal(4, 2), BigInt),
            (Varchar(11), Varchar(10)),
            (Text, Varchar(10)),
            (Varbinary(5), Varbinary(4)),
            (Blob, Varbinary(5)),
        ];
        for (from, to) in narrower {
            assert_eq!(conversion(&from, &to), Conversion::Checked, "{from} to {to}");
        }
    }

    #[test]
    fn what_engines_disagree_on_is_refused_with_the_reason() {
        let refused = [
            (BigInt, Double),
            (Integer, Real),
            (Double, Real),
            (Double, Text),
            (Double, decimal(10, 2)),
            (decimal(10, 2), Double),
            (decimal(10, 2), Text),
            (Char(3), Char(2)),
            (Char(3), Varchar(3)),
            (Varchar(3), Char(3)),
            (Integer, Varchar(10)),
            (Integer, Char(11)),
            (Text, Integer),
            (Text, Json),
            (Json, Text),
            (Boolean, Integer),
            (Integer, Boolean),
            (Boolean, Text),
            (Timestamp, Date),
            (Timestamp, TimestampTz),
            (TimestampTz, Timestamp),
            (Timestamp, Text),
            (Time, Text),
            (Uuid, Varchar(35)),
            (Uuid, Varbinary(16)),
        ];
        for (from, to) in refused {
            assert!(
                matches!(conversion(&from, &to), Conversion::Refused(reason) if !reason.is_empty()),
                "{from} to {to}"
            );
        }
    }
}
