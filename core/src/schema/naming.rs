//! The names of constraints and indexes that were written without one.
//!
//! A derived name follows from the table and the columns alone, so that it is the same on every engine and on every
//! run, and so that `DROP CONSTRAINT` can name what was never named.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{Constraint, ConstraintKind, MAX_NAME_BYTES, Name, Table};

/// `pk_posts`.
pub fn primary_key(table: &Name) -> Name {
    derived("pk", table, &[])
}

/// `uq_posts_slug`.
pub fn unique(table: &Name, columns: &[Name]) -> Name {
    derived("uq", table, columns)
}

/// `fk_posts_author_id`.
pub fn foreign_key(table: &Name, columns: &[Name]) -> Name {
    derived("fk", table, columns)
}

/// `ck_posts_1`; `number` counts from 1, and whoever derives one takes the least that is free.
pub fn check(table: &Name, number: usize) -> Name {
    derived("ck", table, &[Name::folded(&number.to_string())])
}

/// `ix_posts_title`.
pub fn index(table: &Name, columns: &[Name]) -> Name {
    derived("ix", table, columns)
}

/// The name that a constraint would have been given in this table had it been written without one. `None` for a check
/// beside other checks, which only a number tells apart.
pub(super) fn of_constraint(table: &Table, constraint: &Constraint) -> Option<Name> {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { .. } => Some(primary_key(&table.name)),
        ConstraintKind::Unique { columns } => Some(unique(&table.name, columns)),
        ConstraintKind::ForeignKey(key) => Some(foreign_key(&table.name, &key.columns)),
        ConstraintKind::Check(_) => {
            let checks = table.constraints.iter().filter(|other| matches!(other.kind, ConstraintKind::Check(_)));
            (checks.count() == 1).then(|| check(&table.name, 1))
        }
    }
}

/// The parts joined by underscores; too long, it is cut and closed by eight hexadecimal digits of its hash. It is
/// quoted, and so exact on every engine, if one of its parts is.
fn derived(prefix: &str, table: &Name, columns: &[Name]) -> Name {
    let mut text = format!("{prefix}_{table}");
    for column in columns {
        text.push('_');
        text.push_str(column.as_str());
    }
    if text.len() > MAX_NAME_BYTES {
        let hash = Sha256::digest(text.as_bytes());
        let mut end = MAX_NAME_BYTES - 9;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('_');
        for byte in hash.iter().take(4) {
            // Writing into a String can't fail.
            let _ = write!(text, "{byte:02x}");
        }
    }
    if table.is_quoted() || columns.iter().any(Name::is_quoted) { Name::exact(&text) } else { Name::folded(&text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<Name> {
        words.iter().map(|word| Name::folded(word)).collect()
    }

    #[test]
    fn a_name_is_made_of_the_kind_the_table_and_the_columns() {
        let posts = Name::folded("posts");
        assert_eq!(primary_key(&posts).as_str(), "pk_posts");
        assert_eq!(unique(&posts, &names(&["slug", "lang"])).as_str(), "uq_posts_slug_lang");
        assert_eq!(foreign_key(&posts, &names(&["author_id"])).as_str(), "fk_posts_author_id");
        assert_eq!(check(&posts, 2).as_str(), "ck_posts_2");
        assert_eq!(index(&posts, &names(&["title"])).as_str(), "ix_posts_title");
    }

    #[test]
    fn a_long_name_is_cut_and_stays_apart_from_one_that_begins_the_same() {
        let table = Name::folded(&"t".repeat(40));
        let first = unique(&table, &names(&[&format!("{}a", "c".repeat(40))]));
        let second = unique(&table, &names(&[&format!("{}b", "c".repeat(40))]));
        assert_eq!(first.as_str(), "uq_tttttttttttttttttttttttttttttttttttttttt_cccccccccc_d1b2c51c");
        assert_eq!(first.as_str().len(), 63);
        assert_ne!(first, second);
    }

    #[test]
    fn a_long_name_is_not_cut_inside_a_character() {
        let name = primary_key(&Name::exact(&"é".repeat(31)));
        assert!(name.as_str().len() <= 63 && name.as_str().starts_with("pk_éé"));
    }

    #[test]
    fn a_name_derived_from_a_quoted_one_is_exact_too() {
        assert!(primary_key(&Name::exact("Posts")).is_quoted());
        assert!(unique(&Name::folded("posts"), &[Name::exact("Slug")]).is_quoted());
        assert!(!primary_key(&Name::folded("posts")).is_quoted());
    }
}
