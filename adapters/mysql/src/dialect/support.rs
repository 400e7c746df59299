//! The indexes that foreign keys need. InnoDB makes one of its own where none covers the columns of a key, and does away with it in
//! silence when another comes; then that other can't be dropped any more. So fastman makes them itself, named after their keys, and sees to it that
//! there is one exactly where no other index of the table serves.

use fastman_core::schema::{ConstraintKind, ForeignKey, Name, Table};

/// An index that a foreign key needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Support {
    /// The name of the key, and of the index.
    pub(crate) name: Name,
    /// Its columns.
    pub(crate) columns: Vec<Name>,
}

/// Those of a table.
pub(crate) fn supports(table: &Table) -> Vec<Support> {
    let mut covered: Vec<Vec<&Name>> = Vec::new();
    for constraint in &table.constraints {
        if let ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } = &constraint.kind {
            covered.push(columns.iter().collect());
        }
    }
    for index in &table.indexes {
        let ascending = index.columns.iter().take_while(|column| !column.descending);
        covered.push(ascending.map(|column| &column.name).collect());
    }
    let mut keys: Vec<(&Name, &ForeignKey)> = table.foreign_keys().collect();
    // The longest first: its index may serve a shorter one.
    keys.sort_by(|left, right| right.1.columns.len().cmp(&left.1.columns.len()).then_with(|| left.0.cmp(right.0)));
    let mut supports = Vec::new();
    for (name, key) in keys {
        if !covered.iter().any(|columns| serves(columns, &key.columns)) {
            covered.push(key.columns.iter().collect());
            supports.push(Support { name: name.clone(), columns: key.columns.clone() });
        }
    }
    supports.sort_by(|left, right| left.name.cmp(&right.name));
    supports
}

/// Whether an index of these columns serves a key of those.
fn serves(index: &[&Name], key: &[Name]) -> bool {
    index.len() >= key.len() && index.iter().zip(key).all(|(left, right)| left.key() == right.key())
}

#[cfg(test)]
mod tests {
    use fastman_core::schema::{Column, ColumnType, Constraint, OnDelete};

    use super::*;

    fn names(words: &[&str]) -> Vec<Name> {
        words.iter().map(|word| Name::from(*word)).collect()
    }

    fn table(constraints: Vec<(&str, ConstraintKind)>) -> Table {
        let column = |name: &str| Column {
            name: Name::from(name),
            column_type: ColumnType::Integer,
            nullable: true,
            default: None,
            identity: false,
            on_update_now: false,
            comment: None,
        };
        Table {
            name: Name::from("t"),
            columns: ["a", "b"].map(column).into(),
            constraints: constraints
                .into_iter()
                .map(|(name, kind)| Constraint { name: Name::from(name), kind })
                .collect(),
            indexes: Vec::new(),
            comment: None,
        }
    }

    fn key(columns: &[&str]) -> ConstraintKind {
        ConstraintKind::ForeignKey(ForeignKey {
            columns: names(columns),
            table: Name::from("p"),
            referenced: names(columns),
            on_delete: OnDelete::NoAction,
        })
    }

    #[test]
    fn a_foreign_key_has_an_index_exactly_where_no_other_serves() {
        let of =
            |constraints| supports(&table(constraints)).into_iter().map(|support| support.name).collect::<Vec<_>>();
        assert_eq!(of(vec![("fk_a", key(&["a"]))]), names(&["fk_a"]));
        assert_eq!(of(vec![("fk_a", key(&["a"])), ("fk_ab", key(&["a", "b"]))]), names(&["fk_ab"]));
        assert_eq!(of(vec![("fk_b", key(&["b"])), ("fk_ab", key(&["a", "b"]))]), names(&["fk_ab", "fk_b"]));
        let primary = || ("pk_t", ConstraintKind::PrimaryKey { columns: names(&["a", "b"]) });
        assert_eq!(of(vec![primary(), ("fk_a", key(&["a"]))]), names(&[]));
        assert_eq!(of(vec![primary(), ("fk_b", key(&["b"]))]), names(&["fk_b"]));
    }
}
