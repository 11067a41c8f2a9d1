//! What the guard was told last, and whether it heard it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    guard::{LinkError, Table},
    system::runner::Runner,
};

/// The table the guard should have, by number.
#[derive(Debug, Default)]
pub(super) struct GuardNews {
    number: u64,
    table: Table,
    /// The greatest number of a table that did not reach the guard.
    failed: Arc<AtomicU64>,
}

impl GuardNews {
    /// How to tell the guard this table, if that is another one than it was told last, or it has not heard that. What is returned waits for
    /// the guard.
    pub(super) fn of(
        &mut self,
        table: Table,
        runner: &Runner,
    ) -> Option<impl FnOnce() -> Result<(), LinkError> + Send + 'static> {
        if table == self.table && !self.is_behind() {
            return None;
        }
        self.number += 1;
        self.table.clone_from(&table);
        let (runner, number) = (runner.clone(), self.number);
        let failed = Arc::clone(&self.failed);
        Some(move || {
            let told = runner.install(number, table);
            if told.is_err() {
                failed.fetch_max(number, Ordering::Relaxed);
            }
            told
        })
    }

    /// Whether the guard has not heard the last table. One that is being told counts as heard.
    pub(super) fn is_behind(&self) -> bool {
        self.number > 0 && self.failed.load(Ordering::Relaxed) == self.number
    }
}
