//! Who watches a run: a progress bar, a log, nobody.

use crate::error::Error;

use super::report::{SeederReport, TableReport};

/// Is told what a run is doing, on the thread that it runs on. Every method may be left out.
pub trait SeedObserver: Send {
    /// A seeder begins; it is number `index`, from 0, of `count`.
    fn seeder_started(&mut self, class: &str, index: usize, count: usize) {
        let _ = (class, index, count);
    }

    /// Rows begin to go to a table: how many, where that is known (of a file it is not). A seeder may come to a table several
    /// times.
    fn rows_started(&mut self, class: &str, table: &str, rows: Option<u64>) {
        let _ = (class, table, rows);
    }

    /// So many more rows went to the store.
    fn rows_written(&mut self, rows: u64) {
        let _ = rows;
    }

    /// The rows that were begun with are all there.
    fn rows_finished(&mut self, report: &TableReport) {
        let _ = report;
    }

    /// Another session keeps the seeder's transaction from beginning, and is waited for; told once.
    fn waiting(&mut self, error: &Error) {
        let _ = error;
    }

    /// Locks of other sessions stopped a seeder: nothing of it was kept, and it begins anew.
    fn trying_again(&mut self, class: &str, error: &Error) {
        let _ = (class, error);
    }

    /// All rows of a seeder are written, and its transaction is about to be committed.
    fn seeder_committing(&mut self, class: &str) {
        let _ = class;
    }

    /// A seeder is committed.
    fn seeder_finished(&mut self, report: &SeederReport) {
        let _ = report;
    }
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl SeedObserver for Silent {}
