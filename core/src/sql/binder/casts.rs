//! Which types convert to which: by CAST where every engine gives the same, and silently only where nothing can be lost.

use super::errors::Refusal;
use crate::schema::{ColumnType, TypeFamily};

/// The error of a conversion that engines do not agree on.
const CAST: &str = "sql.cast";
/// The error of an operand or a value of the wrong type.
pub(super) const MISMATCH: &str = "sql.type-mismatch";

/// Whether CAST gives the same on every engine.
pub(super) fn cast(from: &ColumnType, to: &ColumnType) -> Result<(), Refusal> {
    use TypeFamily as Family;
    let refuse = |because: &str| {
        Err(Refusal::new(CAST, format!("{from} to {to}"), format!("{from} can't be cast to {to} portably: {because}")))
    };
    let with_help = |because: &str, help: String| refuse(because).map_err(|refusal: Refusal| refusal.with_help(help));
    if from.widens_to(to) {
        return Ok(());
    }
    match (from.family(), to.family()) {
        (Family::Integer, Family::Integer | Family::Decimal | Family::Float)
        | (Family::Decimal | Family::Float, Family::Float)
        | (Family::Boolean, Family::Integer)
        | (Family::Timestamp, Family::Date)
        | (Family::Date, Family::Timestamp) => Ok(()),
        (Family::Decimal, Family::Decimal) => match (scale(from), scale(to)) {
            (before, after) if before <= after => Ok(()),
            (_, after) => with_help(
                "engines round and cut differently",
                format!("round it: ROUND(..., {after}), or CAST(ROUND(..., {after}) AS {to})"),
            ),
        },
        (Family::Decimal, Family::Integer) if scale(from) == 0 => Ok(()),
        (Family::Decimal, Family::Integer) => {
            with_help("engines round and cut differently", format!("round it first: CAST(ROUND(..., 0) AS {to})"))
        }
        (Family::Float, Family::Integer | Family::Decimal) => refuse("engines round binary fractions differently"),
        (Family::Integer | Family::Date | Family::Uuid, Family::Text) => {
            let longest = longest(from);
            match to {
                ColumnType::Char(_) => with_help("engines pad it differently", format!("cast to VARCHAR({longest})")),
                ColumnType::Varchar(length) if *length < longest => {
                    with_help("its text may not fit", format!("cast to VARCHAR({longest})"))
                }
                _ => Ok(()),
            }
        }
        (Family::Text, Family::Text) => match (from, to) {
            (ColumnType::Char(_), _) => {
                with_help("engines keep different blanks", "take them away: TRIM(...)".to_owned())
            }
            (_, ColumnType::Varchar(length) | ColumnType::Char(length)) => {
                with_help("engines cut a longer text or refuse it", format!("cut it: SUBSTRING(..., 1, {length})"))
            }
            _ => Ok(()),
        },
        (Family::Boolean, Family::Text) => {
            with_help("engines write it as true, t or 1", "write CASE WHEN ... THEN 'true' ELSE 'false' END".to_owned())
        }
        (Family::Decimal | Family::Float, Family::Text) => refuse("engines write different digits"),
        (Family::Integer, Family::Boolean) => {
            with_help("engines disagree on numbers other than 0 and 1", "compare it: ... <> 0".to_owned())
        }
        (Family::Text, Family::Integer | Family::Decimal | Family::Float) => {
            refuse("engines disagree on a text that is not a number")
        }
        (Family::TimestampTz, Family::Date | Family::Timestamp | Family::Time)
        | (Family::Timestamp | Family::Date, Family::TimestampTz) => {
            refuse("it would depend on the session's time zone")
        }
        _ => refuse("engines do not agree on it"),
    }
}

/// Whether a value of one type can be stored in a column of another: only where every value fits.
pub(super) fn store(from: &ColumnType, to: &ColumnType) -> Result<(), Refusal> {
    if from.widens_to(to) {
        return Ok(());
    }
    let refusal = Refusal::new(MISMATCH, format!("{from}"), format!("{} can't be stored in {}", an(from), an(to)));
    if let (ColumnType::Char(length), ColumnType::Varchar(_) | ColumnType::Text) = (from, to) {
        return Err(match ColumnType::Varchar(*length).widens_to(to) {
            true => refusal.with_help("engines keep different blanks at its end: take them away with TRIM(...)"),
            false => refusal.with_help(format!("take its blanks away and cut it: {}", cut("TRIM(...)", to))),
        });
    }
    Err(match (from, to) {
        (ColumnType::Varchar(_) | ColumnType::Text, ColumnType::Varchar(_) | ColumnType::Char(_)) => {
            refusal.with_help(format!("it may be longer; cut it: {}", cut("...", to)))
        }
        _ => match cast(from, to) {
            Ok(()) => refusal.with_help(format!("if every value fits, say so: CAST(... AS {to})")),
            Err(reason) => match reason.help {
                Some(help) => refusal.with_help(help),
                None => refusal,
            },
        },
    })
}

fn cut(text: &str, to: &ColumnType) -> String {
    match to {
        ColumnType::Varchar(length) | ColumnType::Char(length) => format!("SUBSTRING({text}, 1, {length})"),
        _ => text.to_owned(),
    }
}

fn scale(column_type: &ColumnType) -> u8 {
    match column_type {
        ColumnType::Decimal { scale, .. } => *scale,
        _ => 0,
    }
}

/// Characters of the longest value as a text.
fn longest(column_type: &ColumnType) -> u32 {
    match column_type {
        ColumnType::SmallInt => 6,
        ColumnType::Integer => 11,
        ColumnType::BigInt => 20,
        ColumnType::Date => 10,
        _ => 36,
    }
}

/// Whether values of both can be compared, by `<` and `>` too if `ordered`.
pub(super) fn compare(left: &ColumnType, right: &ColumnType, ordered: bool) -> Result<(), Refusal> {
    let refuse = |message: String| Refusal::new(MISMATCH, format!("{right}"), message);
    for operand in [left, right] {
        if matches!(operand, ColumnType::Json | ColumnType::Blob) {
            return Err(refuse(format!("{operand} values can't be compared"))
                .with_help("it takes IS NULL and IS NOT NULL alone"));
        }
    }
    if left.is_numeric() && right.is_numeric() {
        return Ok(());
    }
    if left.family() != right.family() {
        let refusal = refuse(format!("{} and {} can't be compared", an(left), an(right)));
        return Err(match (left.family(), right.family()) {
            (TypeFamily::Date, TypeFamily::Timestamp) | (TypeFamily::Timestamp, TypeFamily::Date) => {
                refusal.with_help("cast the TIMESTAMP: CAST(... AS DATE)")
            }
            (TypeFamily::Boolean, _) | (_, TypeFamily::Boolean) => refusal.with_help("a BOOLEAN is TRUE or FALSE"),
            _ => match (cast(right, left), cast(left, right)) {
                (Ok(()), _) => refusal.with_help(format!("cast one of them: CAST(... AS {left})")),
                (_, Ok(())) => refusal.with_help(format!("cast one of them: CAST(... AS {right})")),
                _ => refusal,
            },
        });
    }
    if matches!(left, ColumnType::Char(_)) != matches!(right, ColumnType::Char(_)) {
        return Err(refuse(format!("{} and {} compare differently on different engines", an(left), an(right)))
            .with_help("take the blanks of the CHAR away: TRIM(...)"));
    }
    if ordered && matches!(left.family(), TypeFamily::Boolean | TypeFamily::Uuid) {
        return Err(refuse(format!("engines order {} differently", an(left))).with_help("it takes = and <> alone"));
    }
    Ok(())
}

/// `a DATE`, `an INTEGER`.
pub(super) fn an(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Integer => format!("an {column_type}"),
        _ => format!("a {column_type}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnType::*;

    const DECIMAL: ColumnType = Decimal { precision: 10, scale: 2 };
    const WHOLE: ColumnType = Decimal { precision: 10, scale: 0 };

    #[test]
    fn only_conversions_that_all_engines_agree_on_can_be_cast() {
        for (from, to, allowed) in [
            (BigInt, SmallInt, true),
            (Integer, DECIMAL, true),
            (Integer, Varchar(11), true),
            (Integer, Varchar(10), false),
            (Integer, Char(11), false),
            (Integer, Boolean, false),
            (DECIMAL, Double, true),
            (DECIMAL, Integer, false),
            (WHOLE, Integer, true),
            (DECIMAL, Decimal { precision: 10, scale: 1 }, false),
            (DECIMAL, Decimal { precision: 5, scale: 2 }, true),
            (Double, Integer, false),
            (Double, Real, true),
            (Boolean, SmallInt, true),
            (Boolean, Varchar(5), false),
            (Date, Text, true),
            (Timestamp, Date, true),
            (TimestampTz, Date, false),
            (Timestamp, Text, false),
            (Text, Integer, false),
            (Varchar(5), Text, true),
            (Text, Varchar(5), false),
            (Char(5), Varchar(5), false),
            (Json, Text, false),
            (Uuid, Varchar(36), true),
            (Uuid, Varchar(35), false),
            (Uuid, Char(36), false),
            (Date, Timestamp, true),
            (Date, TimestampTz, false),
        ] {
            assert_eq!(cast(&from, &to).is_ok(), allowed, "{from} to {to}");
        }
    }

    #[test]
    fn a_column_takes_only_what_always_fits_and_the_error_names_the_way() {
        let help = |from, to| store(&from, &to).unwrap_err().help.unwrap();
        assert!(store(&SmallInt, &BigInt).is_ok());
        assert!(help(BigInt, Integer).contains("CAST(... AS INTEGER)"));
        assert!(help(Text, Varchar(5)).contains("SUBSTRING(..., 1, 5)"));
        assert!(help(Char(5), Varchar(5)).contains("TRIM"));
        assert!(help(Char(5), Varchar(3)).contains("SUBSTRING(TRIM(...), 1, 3)"));
        assert!(help(Decimal { precision: 12, scale: 3 }, DECIMAL).contains("ROUND(..., 2)"));
    }

    #[test]
    fn only_values_of_one_family_are_compared() {
        assert!(compare(&SmallInt, &Double, true).is_ok());
        assert!(compare(&Varchar(3), &Text, true).is_ok());
        assert!(compare(&Uuid, &Uuid, false).is_ok() && compare(&Uuid, &Uuid, true).is_err());
        for (left, right) in [
            (Json, Json),
            (Blob, Blob),
            (Integer, Text),
            (Date, Timestamp),
            (Char(2), Varchar(2)),
            (Timestamp, TimestampTz),
        ] {
            assert!(compare(&left, &right, false).is_err(), "{left} and {right}");
        }
    }
}
