//! Every adapter of this program, in one list. A feature of the same name compiles each in.

use fastman_core::adapter::{Absent, Adapter, Registry};

/// The adapters compiled in, and those that are not, by name.
pub const REGISTRY: Registry = Registry { adapters: ADAPTERS, absent: ABSENT, flavours: fastman_flavours::ALL };

const ADAPTERS: &[&Adapter] = &[
    #[cfg(feature = "sqlite")]
    &fastman_sqlite::ADAPTER,
    #[cfg(feature = "postgres")]
    &fastman_postgres::ADAPTER,
    #[cfg(feature = "mysql")]
    &fastman_mysql::ADAPTER,
    #[cfg(feature = "firestore")]
    &fastman_firestore::ADAPTER,
];

const ABSENT: &[Absent] = &[
    #[cfg(not(feature = "sqlite"))]
    Absent {
        name: "sqlite",
        schemes: &["sqlite", "sqlite3"],
        flavours: &["sqlite"],
        reason: "build fastman with --features sqlite",
    },
    #[cfg(not(feature = "postgres"))]
    Absent {
        name: "postgres",
        schemes: &["postgresql", "postgres"],
        flavours: &["postgres"],
        reason: "build fastman with --features postgres",
    },
    #[cfg(not(feature = "mysql"))]
    Absent {
        name: "mysql",
        schemes: &["mysql", "mariadb"],
        flavours: &["mysql", "mariadb"],
        reason: "build fastman with --features mysql",
    },
    Absent {
        name: "oracle",
        schemes: &["oracle"],
        flavours: &["oracle"],
        reason: "the Oracle adapter is not part of this version of fastman",
    },
    #[cfg(not(feature = "firestore"))]
    FIRESTORE,
];

/// What a build without Firestore says of it.
#[cfg(any(test, not(feature = "firestore")))]
const FIRESTORE: Absent = Absent {
    name: "firestore",
    schemes: &["firestore", "firebase"],
    flavours: &[],
    reason: "build fastman with --features firestore",
};

#[cfg(test)]
mod tests {
    use fastman_core::url::DatabaseUrl;

    use super::*;

    #[test]
    fn a_build_without_firestore_names_it_and_what_brings_it() {
        let registry = Registry { adapters: &[], absent: &[FIRESTORE], flavours: fastman_flavours::ALL };
        for url in ["firestore://project", "firebase://project"] {
            let error = registry.find(&DatabaseUrl::parse(url).unwrap()).map(|_| ()).unwrap_err();
            assert_eq!(error.code(), "url.scheme-not-built", "{error}");
            let said = format!("{error} {}", error.help().unwrap_or_default());
            assert!(said.contains("firestore") && said.contains("--features firestore"), "{said}");
        }
    }

    #[cfg(feature = "firestore")]
    #[test]
    fn the_urls_of_firestore_are_those_that_a_build_without_it_names() {
        assert_eq!(
            (FIRESTORE.name, FIRESTORE.schemes),
            (fastman_firestore::ADAPTER.name, fastman_firestore::ADAPTER.schemes)
        );
    }
}
