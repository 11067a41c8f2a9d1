//! What a daemon that panics leaves behind: why, where, and what its routers had become, for `xvrrpd history --dump`.
//!
//! The process ends whatever happens here, and then the guard cleans up. So nothing is waited for that could not come: the memory is only
//! tried for, the log has [`LOGGING`] to write what it has, and after [`PATIENCE`] the kernel ends the process in the middle of
//! whatever it hangs in.

use std::{
    backtrace::Backtrace,
    panic::PanicHookInfo,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use jiff::Timestamp;
use nix::unistd::alarm;
use serde::{Deserialize, Serialize};

use super::{
    history::{History, Which},
    memory::{Contents, Memory},
    recorder,
};
use crate::{
    protocol::recording::Recording,
    system::{clock, clock::WallClock, log},
};

/// Transitions that are written at most: the last of all instances together.
const TRANSITIONS: usize = 1000;

/// Seconds after which SIGALRM, which nobody catches, ends a process that does not get to its end.
const PATIENCE: u32 = 5;

/// How long the log may take to write what it has.
const LOGGING: Duration = Duration::from_secs(1);

/// What is in the file.
#[derive(Debug, Serialize, Deserialize)]
pub struct LastWords {
    /// Of the program.
    pub version: String,
    /// The daemon's process number.
    pub pid: u32,
    /// When.
    pub at: Timestamp,
    /// The thread that panicked.
    pub thread: String,
    /// What it said.
    pub message: String,
    /// Where in the source.
    pub place: String,
    /// How it got there.
    pub backtrace: String,
    /// What an instance was being told at that moment, if one was.
    pub handling: Option<Handling>,
    /// The history; nothing if the panic came in the middle of a line of it.
    pub history: Option<History>,
    /// What that instance was told until then, for `xvrrpd replay`.
    pub recording: Option<Recording>,
}

/// What an instance was being told.
#[derive(Debug, Serialize, Deserialize)]
pub struct Handling {
    /// Which.
    pub instance: String,
    /// Since when.
    pub since: Timestamp,
    /// The event, in the words of the source.
    pub event: String,
}

/// What a panic needs to know.
#[derive(Debug)]
struct Estate {
    memory: Memory,
    file: PathBuf,
}

/// Of the daemon of this process. A panic can come to nobody's hands but these.
static ESTATE: OnceLock<Estate> = OnceLock::new();

/// Where the daemon with this pid file leaves its last words.
pub(super) fn beside(pid_file: &Path) -> PathBuf {
    pid_file.with_extension("panic.json")
}

/// From here on a panic leaves what is in `memory` in `file`.
pub(super) fn prepare(memory: Memory, file: PathBuf) {
    // A process has one daemon; a second, which only a test could have, keeps quiet.
    ESTATE.set(Estate { memory, file }).ok();
}

/// Says what a panic leaves to say; afterwards the process is to end. Without a daemon it says nothing.
pub fn say(panic: &PanicHookInfo<'_>) {
    static IS_SAID: AtomicBool = AtomicBool::new(false);
    let Some(estate) = ESTATE.get() else {
        return;
    };
    if IS_SAID.swap(true, Ordering::AcqRel) {
        // Another thread is at it, and ends the process when it is done, or the alarm does.
        thread::park_timeout(Duration::from_secs(PATIENCE.into()));
        return;
    }
    alarm::set(PATIENCE);
    let words = LastWords::of(panic, &estate.memory);
    let LastWords {
        thread,
        place,
        message,
        ..
    } = &words;
    let what = format!("panic in thread {thread} at {place}: {message}");
    let file = estate.file.display();
    match write(&estate.file, &words) {
        Ok(()) => tracing::error!(
            "{what}; the guard cleans up; `xvrrpd history --dump {file}` shows what was before"
        ),
        Err(failure) => tracing::error!("{what}; the guard cleans up; nothing left: {failure:#}"),
    }
    log::finish_at_once(LOGGING);
}

fn write(file: &Path, words: &LastWords) -> anyhow::Result<()> {
    recorder::replace(file, &serde_json::to_vec(words)?)
}

impl LastWords {
    fn of(panic: &PanicHookInfo<'_>, memory: &Memory) -> Self {
        let place = panic.location().map(ToString::to_string);
        let mut words = Self {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            at: WallClock::new().at(clock::now()),
            thread: thread::current().name().unwrap_or("without a name").into(),
            message: panic.payload_as_str().unwrap_or("no message").into(),
            place: place.unwrap_or_default(),
            backtrace: Backtrace::force_capture().to_string(),
            handling: None,
            history: None,
            recording: None,
        };
        memory.at_the_end(|contents| words.recall(contents));
        words
    }

    fn recall(&mut self, contents: &Contents) {
        let which = Which {
            instance: None,
            last: Some(TRANSITIONS),
        };
        let (past, wall) = (contents.past(clock::now()), WallClock::new());
        self.history = Some(History::of(&past, &which, &wall));
        let Some(handling) = contents.handling() else {
            return;
        };
        self.recording = contents.recording(handling.slot);
        let recorded = self.recording.as_ref();
        self.handling = Some(Handling {
            instance: recorded
                .map(|recording| recording.before.settings().name.clone())
                .unwrap_or_default(),
            since: wall.at(handling.now),
            event: format!("{:?}", handling.event),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::{panic, sync::Mutex};

    use super::*;
    use crate::protocol::{Event, Monotonic, VirtualRouter};

    /// Panics on a thread with a hook that keeps what would be written.
    fn words_of_a_panic(memory: &Memory, work: impl FnOnce() + Send + 'static) -> LastWords {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let one = ONE_AT_A_TIME.lock().unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let (before, memory) = (panic::take_hook(), memory.clone());
        panic::set_hook(Box::new(move |panic| {
            if thread::current().name() == Some("election") {
                sender.send(LastWords::of(panic, &memory)).unwrap();
            }
        }));
        let election = thread::Builder::new().name("election".into());
        let ended = election.spawn(work).unwrap().join();
        panic::set_hook(before);
        drop(one);
        ended.unwrap_err();
        receiver.recv().unwrap()
    }

    fn remembering() -> Memory {
        let memory = Memory::default();
        let router = VirtualRouter::new(crate::daemon::chronicle::tests::settings("VI \"1\""));
        memory.with(|contents| contents.seat(3, &router));
        memory
    }

    #[test]
    fn an_election_that_panics_leaves_what_it_was_telling_and_to_whom() {
        let memory = remembering();
        let again = memory.clone();
        let words = words_of_a_panic(&memory, move || {
            again.with(|contents| contents.begins(3, Monotonic::from_nanos(7), &Event::Startup));
            panic!("the {}th thing", 5);
        });
        assert_eq!(
            (words.thread.as_str(), words.message.as_str()),
            ("election", "the 5th thing")
        );
        assert!(words.place.contains("last_words.rs"), "{}", words.place);
        assert!(
            words.backtrace.contains("last_words"),
            "{}",
            words.backtrace
        );
        let handling = words.handling.unwrap();
        assert_eq!(
            (handling.instance.as_str(), handling.event.as_str()),
            ("VI \"1\"", "Startup")
        );
        assert!(words.recording.is_some() && words.history.is_some());
    }

    /// The lock is held by the very thread that panics: nothing may wait for it.
    #[test]
    fn a_panic_in_the_middle_of_the_memory_leaves_the_rest() {
        let memory = remembering();
        let again = memory.clone();
        let words = words_of_a_panic(&memory, move || {
            again.with(|_| panic!("in the middle"));
        });
        assert_eq!(words.message, "in the middle");
        assert!(words.history.is_none() && words.handling.is_none());
    }

    #[test]
    fn what_is_written_is_read_again_and_only_root_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = beside(&folder.path().join("keepalived.pid"));
        let words = words_of_a_panic(&remembering(), || panic!("over"));
        write(&file, &words).unwrap();
        write(&file, &words).unwrap();
        assert_eq!(file.file_name().unwrap(), "keepalived.panic.json");
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read: LastWords = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(read.message, "over");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }
}
