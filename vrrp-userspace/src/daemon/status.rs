//! What the daemon is doing, and why: plain data, as `xvrrpd status --json` prints it.

use std::path::PathBuf;

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
}
