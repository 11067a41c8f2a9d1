//! Running other programs, and outliving them: xtask must not be gone before a child has cleaned up after Ctrl-C.

use std::{
    ffi::OsStr,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    process::{Child, Command, ExitStatus},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use crate::console;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static CURRENT: Mutex<Option<Pid>> = Mutex::new(None);

/// From now on an interrupt is noted and passed on instead of ending xtask.
pub(crate) fn outlive_interrupts() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        )
    };
    thread::spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => note_and_pass_on(Signal::INT),
                    _ = terminate.recv() => note_and_pass_on(Signal::TERM),
                }
            }
        });
    });
    Ok(())
}

/// A terminal interrupts the child itself; anybody else interrupted xtask alone.
fn note_and_pass_on(received: Signal) {
    INTERRUPTED.store(true, Ordering::SeqCst);
    let came_from_the_terminal = received == Signal::INT && console::is_interactive();
    let current = CURRENT.lock().map_or(None, |current| *current);
    match current {
        Some(_) if came_from_the_terminal => {}
        Some(pid) => {
            if let Err(error) = kill_process(pid, received) {
                console::note(&format!("could not pass the signal on: {error}"));
            }
        }
        None => std::process::exit(INTERRUPTED_EXIT.into()),
    }
}

/// What a shell reports for a command that an interrupt ended.
pub(crate) const INTERRUPTED_EXIT: u8 = 130;

/// Whether somebody wants xtask to stop.
pub(crate) fn was_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Starts `command`, which gets the signals that xtask gets until it has been waited for.
pub(crate) fn start(command: &mut Command) -> Result<Child> {
    let child = command
        .spawn()
        .with_context(|| format!("cannot run {}", shown(command)))?;
    set_current(i32::try_from(child.id()).ok().and_then(Pid::from_raw));
    Ok(child)
}

/// Waits for what `start` started.
pub(crate) fn wait(mut child: Child) -> Result<ExitStatus> {
    let status = child.wait();
    set_current(None);
    Ok(status?)
}

/// Runs `command` to its end.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    wait(start(command)?)
}

fn set_current(pid: Option<Pid>) {
    if let Ok(mut current) = CURRENT.lock() {
        *current = pid;
    }
}

/// Runs `command` and insists that it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if was_interrupted() {
        bail!("interrupted");
    }
    if !status.success() {
        bail!("{} {}", shown(command), ending(status));
    }
    Ok(())
}

/// Becomes `command`, which then has the terminal, its signals and the exit code to itself.
pub(crate) fn become_(command: &mut Command) -> Result<()> {
    let error = command.exec();
    Err(error).with_context(|| format!("cannot run {}", shown(command)))
}

/// A command line as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it for one.
pub(crate) fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%*".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// How a program ended, as the end of a sentence.
pub(crate) fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "did not end".to_owned(),
    }
}
