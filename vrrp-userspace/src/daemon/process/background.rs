//! Without `--dont-fork`: the same program once more, in the background.
//!
//! The parent stays until the child runs, so that whoever started it learns from the exit code whether it does.

use std::{
    env, fs,
    io::{self, Read as _, Write as _},
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result};
use rustix::process::setsid;

use crate::guard;

/// Set for the child; its standard output is a pipe to the parent.
const MARK: &str = guard::IN_BACKGROUND;

/// What the child says when it runs.
const READY: &[u8] = b"ready\n";

/// Whether this process is the child.
#[must_use]
pub fn is_in_background() -> bool {
    env::var_os(MARK).is_some()
}

/// Starts the child and waits until it runs or has failed; the answer is the parent's exit code.
///
/// # Errors
///
/// When no process is to be had.
pub fn in_background() -> Result<ExitCode> {
    let mut arguments = env::args_os();
    let name = arguments.next().unwrap_or_default();
    let mut child = Command::new("/proc/self/exe")
        .arg0(name)
        .args(arguments)
        .env(MARK, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot go into the background")?;
    let mut said = Vec::new();
    if let Some(pipe) = child.stdout.take() {
        // Closed without a word if the child ends; a guard or a script never holds it, since it is closed on exec.
        pipe.take(READY.len() as u64).read_to_end(&mut said)?;
    }
    if said == READY {
        return Ok(ExitCode::SUCCESS);
    }
    let status = child.wait()?;
    Ok(ExitCode::from(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    ))
}

/// As the child: leaves the terminal's session. To be called first of all.
///
/// # Errors
///
/// When the process leads a group already, which a child of ours does not.
pub fn leave_session() -> io::Result<()> {
    setsid()?;
    Ok(())
}

/// As the child: lets the parent go, and the folder it was in. Otherwise nothing.
pub(in crate::daemon) fn tell_parent() {
    if is_in_background() {
        let mut output = io::stdout();
        env::set_current_dir("/").ok();
        output.write_all(READY).and_then(|()| output.flush()).ok();
        // The parent reads no more than this; what is written later goes nowhere.
        if let Ok(null) = fs::OpenOptions::new().write(true).open("/dev/null") {
            rustix::stdio::dup2_stdout(null).ok();
            if let Ok(null) = fs::OpenOptions::new().write(true).open("/dev/null") {
                rustix::stdio::dup2_stderr(null).ok();
            }
        }
    }
}
