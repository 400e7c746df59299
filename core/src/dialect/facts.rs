//! What core's algorithms need to know of an engine. A fact that no code in core reads is deleted.

/// The facts of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether DDL can be rolled back.
    pub ddl: DdlTransactions,
    /// How far ALTER TABLE goes.
    pub alter: AlterStyle,
    /// What holds the migration lock.
    pub lock: LockScope,
    /// The case in which unquoted names are kept.
    pub natural_case: NaturalCase,
    /// Most parameters of one statement.
    pub max_parameters: u32,
    /// What an empty text becomes.
    pub empty_string: EmptyString,
}

/// Whether DDL can be rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DdlTransactions {
    /// DDL and data statements roll back together.
    Transactional,
    /// A DDL statement commits what stood before it, and itself.
    Committing,
}

/// How far ALTER TABLE goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlterStyle {
    /// Every portable change has a statement of its own.
    InPlace,
    /// Some need the table to be built anew and its rows copied, with foreign keys suspended.
    Rebuild,
}

/// What holds the migration lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockScope {
    /// Beginning a transaction takes it; it goes with the transaction.
    Begin,
    /// A statement inside a transaction takes it; it goes with the transaction.
    Transaction,
    /// A statement takes it for the session, until released or the session ends.
    Session,
}

/// The case in which unquoted names are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NaturalCase {
    /// `users`.
    Lower,
    /// `USERS`.
    Upper,
}

/// What an empty text becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyString {
    /// It stays empty and is not NULL.
    Kept,
    /// NULL.
    Null,
}
