//! What an account may do in a database, found out by trying: by statements that are taken back, or that fail whatever the account may
//! do, and then tell by their error.

use crate::dialect::{DdlTransactions, Dialect};
use crate::error::{Error, ErrorClass, Result};
use crate::migrate::TABLE;
use crate::schema::Name;
use crate::store::{SqlStore, Transaction, TransactionOptions};

/// What an account may do; `None` where that could not be found out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Privileges {
    /// Insert, update and delete rows.
    pub write: Option<bool>,
    /// Make tables.
    pub create: Option<bool>,
    /// Alter and drop tables, where that is another privilege.
    pub alter: Option<bool>,
    /// Why it may not do something, or why it could not be found out.
    pub reasons: Vec<String>,
}

/// What the account of a session may do. Nothing is changed by it. `history` says that fastman's own table is there.
pub async fn found_out(store: &mut dyn SqlStore, history: bool) -> Privileges {
    let mut privileges = Privileges::default();
    let outcome = match store.dialect().facts().ddl {
        DdlTransactions::Transactional => privileges.take_back(store, history).await,
        DdlTransactions::Committing => privileges.fail(store, history).await,
    };
    if let Err(error) = outcome {
        privileges.because(&error);
    }
    privileges
}

impl Privileges {
    /// Nothing is known, for that reason.
    pub fn without(error: &Error) -> Privileges {
        let mut privileges = Privileges::default();
        privileges.because(error);
        privileges
    }

    fn because(&mut self, error: &Error) {
        let reason = error.message().to_owned();
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Where everything can be taken back it is simply done.
    async fn take_back(&mut self, store: &mut dyn SqlStore, history: bool) -> Result<()> {
        let make = format!("CREATE TABLE {} (tried INTEGER)", unused(&*store.dialect()));
        let made = tried(store, &make).await?;
        self.create = Some(made.is_none());
        let read_only = made.as_ref().and_then(Error::class) == Some(ErrorClass::ReadOnly);
        if let Some(error) = &made {
            self.because(error);
        }
        self.write = match (history, read_only) {
            (_, true) => Some(false),
            (true, _) => {
                let table = store.dialect().quote(&Name::folded(TABLE));
                let refused = tried(store, &format!("DELETE FROM {table} WHERE 1 = 0")).await?;
                if let Some(error) = &refused {
                    self.because(error);
                }
                Some(refused.is_none())
            }
            // In a table of its own it may; of others' tables nothing is known.
            (false, false) => made.is_none().then_some(true),
        };
        Ok(())
    }

    /// Where a statement commits, only such are sent as can't succeed: the privilege is looked at before the table.
    async fn fail(&mut self, store: &mut dyn SqlStore, history: bool) -> Result<()> {
        let dialect = store.dialect();
        let nowhere = unused(&*dialect);
        let written = if history { dialect.quote(&Name::folded(TABLE)) } else { nowhere.clone() };
        let column = dialect.quote(&Name::folded("name"));
        let writes = [
            format!("DELETE FROM {written} WHERE 1 = 0"),
            format!("UPDATE {written} SET {column} = {column} WHERE 1 = 0"),
            format!("INSERT INTO {nowhere} ({column}) VALUES ('')"),
        ];
        self.write = Some(self.none_refused(store, &writes).await?);
        let twice = format!("CREATE TABLE {nowhere} ({column} INTEGER, {column} INTEGER)");
        self.create = Some(self.none_refused(store, &[twice]).await?);
        let alters = [
            format!("ALTER TABLE {nowhere} ADD COLUMN {column} INTEGER"),
            format!("CREATE INDEX {nowhere} ON {nowhere} ({column})"),
            format!("DROP TABLE {nowhere}"),
        ];
        self.alter = Some(self.none_refused(store, &alters).await?);
        Ok(())
    }

    async fn none_refused(&mut self, store: &mut dyn SqlStore, statements: &[String]) -> Result<bool> {
        let mut allowed = true;
        for statement in statements {
            if let Some(error) = tried(store, statement).await?
                && matches!(error.class(), Some(ErrorClass::NoPrivilege | ErrorClass::ReadOnly))
            {
                self.because(&error);
                allowed = false;
            }
        }
        Ok(allowed)
    }
}

/// What the server says to a statement, which is taken back.
///
/// # Errors
/// Where it did not come to that.
async fn tried(store: &mut dyn SqlStore, sql: &str) -> Result<Option<Error>> {
    let mut transaction = match Transaction::begin(store, TransactionOptions::default()).await {
        Ok(transaction) => transaction,
        Err(error) if error.class() == Some(ErrorClass::ReadOnly) => return Ok(Some(error)),
        Err(error) => return Err(error),
    };
    let refused = transaction.store().execute(sql, &[]).await.err();
    transaction.rollback().await?;
    match refused {
        Some(error) if matches!(error.class(), Some(ErrorClass::Busy | ErrorClass::LostConnection)) => Err(error),
        refused => Ok(refused),
    }
}

/// The name of a table that nobody has.
fn unused(dialect: &dyn Dialect) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos();
    dialect.quote(&Name::folded(&format!("fastman_doctor_{}_{now:x}", std::process::id())))
}
