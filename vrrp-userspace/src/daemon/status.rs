//! What the daemon is doing, and why: plain data, as `xvrrpd status --json` prints it.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// Everything there is to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Of the program.
    pub version: String,
    /// The daemon's process number.
    pub pid: u32,
    /// Where that is written.
    pub pid_file: PathBuf,
    /// What came of the last reload, if there was one.
    pub last_reload: Option<Reload>,
}

/// What came of a reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// How long ago.
    pub ago: Duration,
    /// Whether the new configuration runs.
    pub is_done: bool,
    /// What it changed, or why it was refused.
    pub lines: Vec<String>,
}
