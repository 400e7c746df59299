//! `ON UPDATE CURRENT_TIMESTAMP` as a trigger: it sets a column to now when an update left that column as it was.
//!
//! The guard compares that column alone: comparing rows would fail on types without equality. Trigger and function carry a
//! name made of table and column, by which the catalog's reader knows them; renaming either makes them anew.

use std::fmt::Write;

use fastman_core::dialect::Step;
use fastman_core::schema::{Column, ColumnType, MAX_NAME_BYTES, Name};
use sha2::{Digest, Sha256};

use super::expression::now;
use crate::settings::quoted;

/// The name of the trigger and of its function.
pub(crate) fn name(table: &str, column: &str) -> String {
    let mut text = format!("fastman_touch_{table}_{column}");
    // The hash tells `a_b`.`c` from `a`.`b_c`, too.
    let mut digits = String::new();
    for byte in Sha256::digest(format!("{table}\0{column}").as_bytes()).iter().take(4) {
        // Writing into a String can't fail.
        let _ = write!(digits, "{byte:02x}");
    }
    let mut end = text.len().min(MAX_NAME_BYTES - digits.len() - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push('_');
    text + &digits
}

/// The function's body.
pub(crate) fn body(column: &str, column_type: &ColumnType) -> String {
    let column = quoted(column);
    let now = now(Some(column_type));
    format!(
        "\nBEGIN\n    IF NEW.{column} IS NOT DISTINCT FROM OLD.{column} THEN\n        NEW.{column} := {now};\n    END IF;\n    \
         RETURN NEW;\nEND\n"
    )
}

/// Makes the trigger of a column.
pub(super) fn create(table: &Name, column: &Column) -> Vec<Step> {
    let name = quoted(&name(table.as_str(), column.name.as_str()));
    let body = body(column.name.as_str(), &column.column_type);
    let mut tag = "$fastman$".to_owned();
    while body.contains(&tag) {
        tag.insert(1, '_');
    }
    vec![
        Step::ddl(
            format!("CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS {tag}{body}{tag}"),
            table,
        ),
        Step::ddl(
            format!(
                "CREATE TRIGGER {name} BEFORE UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {name}()",
                quoted(table.as_str())
            ),
            table,
        ),
    ]
}

/// Drops the trigger of a column. It may be missing where fastman did not make the table.
pub(super) fn drop(table: &Name, column: &Name) -> Vec<Step> {
    let name = quoted(&name(table.as_str(), column.as_str()));
    vec![
        Step::ddl(format!("DROP TRIGGER IF EXISTS {name} ON {}", quoted(table.as_str())), table),
        drop_function(table, column),
    ]
}

/// Drops the function of a column whose trigger is gone.
pub(super) fn drop_function(table: &Name, column: &Name) -> Step {
    let name = quoted(&name(table.as_str(), column.as_str()));
    Step::ddl(format!("DROP FUNCTION IF EXISTS {name}()"), table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_table_and_column_apart_and_fits() {
        assert_ne!(name("a_b", "c"), name("a", "b_c"));
        let long = name(&"t".repeat(63), &"é".repeat(31));
        assert!(long.len() <= MAX_NAME_BYTES && long.starts_with("fastman_touch_ttt"));
        assert_eq!(name("posts", "updated_at"), name("posts", "updated_at"));
    }
}
