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
    Absent {
        name: "firestore",
        schemes: &["firestore", "firebase"],
        flavours: &[],
        reason: "build fastman with --features firestore",
    },
];
