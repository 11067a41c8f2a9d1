//! What a lab in a process of its own might leave behind.

use std::fs;

use tempfile::TempDir;
use vrrp_tests::eventually;

/// The folder a lab puts its files into, and its processes.
pub(crate) struct Traces {
    folder: TempDir,
    processes: Vec<u32>,
}

impl Traces {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            processes: Vec::new(),
        }
    }

    /// For `TMPDIR`.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Remembers whom the lab that `process` has made consists of.
    pub(crate) fn remember(&mut self, process: u32) {
        self.processes = descendants(process);
        let count = self.processes.len();
        assert!(
            count > 20,
            "a lab in full swing has many processes: {count}"
        );
    }

    /// Waits until none of them runs, and looks whether a file is left.
    pub(crate) fn are_gone(&self) {
        eventually("no process of the lab remains", || {
            !self.processes.iter().any(|pid| runs(*pid))
        });
        let left = fs::read_dir(self.folder.path())
            .expect("the folder is there")
            .count();
        assert_eq!(left, 0, "no file of the lab remains");
    }
}

/// Whether a process is there and has not ended. One that has ended may stay listed for as long as its new parent does not ask, which the
/// first process of a container often never does.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which may itself contain anything but a line's end.
    stat.rsplit(") ")
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

/// A process's children, and theirs, through all namespaces.
fn descendants(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let listed = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let listed = listed.collect::<String>();
    let children = listed
        .split_whitespace()
        .filter_map(|child| child.parse().ok());
    children
        .flat_map(|child| [vec![child], descendants(child)].concat())
        .collect()
}
