//! The two products that speak MySQL's protocol, and in what they differ.

use fastman_core::dialect::ServerVersion;
use fastman_core::flavour::Flavour;
use fastman_flavours::{MARIADB, MYSQL};

/// Which of the two a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    MySql,
    MariaDb,
}

impl Product {
    /// The product of a flavour.
    pub(crate) fn of(flavour: &Flavour) -> Product {
        if flavour.name == MARIADB.name { Product::MariaDb } else { Product::MySql }
    }

    /// The flavour whose sections it runs.
    pub(crate) fn flavour(self) -> &'static Flavour {
        match self {
            Product::MySql => &MYSQL,
            Product::MariaDb => &MARIADB,
        }
    }

    /// As its makers write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Product::MySql => "MySQL",
            Product::MariaDb => "MariaDB",
        }
    }

    /// The first version with all that is used. MySQL: checks that are enforced (8.0.16), `utf8mb4_0900_bin` (8.0.17), ALTER TABLE ... DROP
    /// CONSTRAINT (8.0.19). MariaDB: RENAME COLUMN (10.5), and what was supported when this was written.
    pub(crate) fn oldest(self) -> ServerVersion {
        match self {
            Product::MySql => ServerVersion { major: 8, minor: 0, patch: 19 },
            Product::MariaDb => ServerVersion { major: 10, minor: 6, patch: 0 },
        }
    }

    /// The collation of every text: code points are compared, and trailing blanks count.
    pub(crate) fn collation(self) -> &'static str {
        match self {
            Product::MySql => "utf8mb4_0900_bin",
            Product::MariaDb => "utf8mb4_nopad_bin",
        }
    }

    /// What a server's `VERSION()` says: `9.7.4`, `10.11.19-MariaDB-0+deb12u1`. `None` for what is no version.
    pub(crate) fn read(text: &str) -> Option<(Product, ServerVersion)> {
        let product = if text.contains("MariaDB") { Product::MariaDb } else { Product::MySql };
        // Old MariaDBs say 5.5.5- first, to pass for a MySQL.
        let text = match product {
            Product::MariaDb => text.strip_prefix("5.5.5-").unwrap_or(text),
            Product::MySql => text,
        };
        let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
        Some((product, text[..end].trim_end_matches('.').parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_says_which_product_it_is() {
        let version = |major, minor, patch| ServerVersion { major, minor, patch };
        assert_eq!(Product::read("9.7.4-2"), Some((Product::MySql, version(9, 7, 4))));
        assert_eq!(Product::read("10.11.19-MariaDB-0+deb12u1"), Some((Product::MariaDb, version(10, 11, 19))));
        assert_eq!(Product::read("5.5.5-10.6.1-MariaDB-log"), Some((Product::MariaDb, version(10, 6, 1))));
        assert_eq!(Product::read("8.0.36-28 (Percona)"), Some((Product::MySql, version(8, 0, 36))));
        assert_eq!(Product::read("none"), None);
    }
}
