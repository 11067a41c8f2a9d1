//! A terminal with somebody in front of it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use vrrp_tests::condition::holds_within;
use vrrp_tests::within;

const ROWS: NonZero<u16> = NonZero::new(50).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(100).unwrap();

/// What may take its time on a busy machine: a lab is made, a daemon is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on a terminal of its own, which has no other.
pub(crate) struct Terminal {
    /// The side of whoever sits in front of it; none after they have gone.
    keyboard: Option<File>,
    screen: Arc<Mutex<vt100::Parser>>,
    reader: Option<JoinHandle<()>>,
    is_left: Arc<AtomicBool>,
    program: Child,
}

impl Terminal {
    /// Starts `program` on a new terminal.
    pub(crate) fn with(program: &Command) -> Self {
        let (keyboard, name) = pair();
        let end = || {
            let mut options = OpenOptions::new();
            options.read(true).write(true);
            options.open(&name).expect("the terminal can be opened")
        };
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program.get_program());
        command.args(program.get_args()).env("TERM", "xterm");
        for (name, value) in program.get_envs() {
            command.env(name, value.expect("nothing is taken from its environment"));
        }
        let program = command
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("the program starts");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let is_left = Arc::new(AtomicBool::new(false));
        let reader = read(&keyboard, &screen, &is_left);
        Self {
            keyboard: Some(keyboard),
            screen,
            reader: Some(reader),
            is_left,
            program,
        }
    }

    /// The program's number.
    pub(crate) fn program(&self) -> u32 {
        self.program.id()
    }

    /// Presses one key after the other.
    pub(crate) fn press(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut();
        let keyboard = keyboard.expect("somebody sits in front of it");
        keyboard
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
    }

    /// Waits until these words stand on the screen.
    #[track_caller]
    pub(crate) fn eventually_shows(&self, words: &str) {
        let is_shown = holds_within(PATIENCE, || self.text().contains(words));
        assert!(
            is_shown,
            "the screen does not show `{words}`:\n{}",
            self.text()
        );
    }

    /// What stands on the screen.
    pub(crate) fn text(&self) -> String {
        self.look(|screen| screen.contents())
    }

    /// Waits until it looks as it did before the program was started; what was written last may still be on its way to the eye.
    #[track_caller]
    pub(crate) fn is_eventually_restored(&self) {
        let is_restored =
            || self.look(|screen| !screen.alternate_screen() && !screen.hide_cursor());
        assert!(holds_within(PATIENCE, is_restored), "{}", self.text());
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.program), signal).expect("a child can be signalled");
    }

    /// Whoever sits in front of it goes away, and takes the terminal with them.
    pub(crate) fn hang_up(&mut self) {
        self.is_left.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        self.keyboard = None;
    }

    /// Waits until the program has ended.
    #[track_caller]
    pub(crate) fn end(&mut self) -> ExitStatus {
        let mut ended = None;
        within(PATIENCE, "the program ends", || {
            ended = self.program.try_wait().expect("a child can be waited for");
            ended.is_some()
        });
        let status = ended.expect("it has ended");
        assert_eq!(status.signal(), None, "it ends by itself");
        status
    }

    fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        let parser = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        look(parser.screen())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.program.kill().ok();
        self.program.wait().ok();
    }
}

/// Our side of a new terminal, and the name of the other.
fn pair() -> (File, PathBuf) {
    let make = || {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let size = Winsize {
            ws_row: ROWS.get(),
            ws_col: COLUMNS.get(),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&ours, size)?;
        let name = ptsname(&ours, Vec::new())?;
        rustix::io::Result::Ok((File::from(ours), name))
    };
    let (ours, name) = make().expect("a terminal can be made");
    let name = name.into_string().expect("a terminal's name is text");
    (ours, name.into())
}

/// Draws what the program writes, until nobody writes or looks any more.
fn read(
    keyboard: &File,
    screen: &Arc<Mutex<vt100::Parser>>,
    is_left: &Arc<AtomicBool>,
) -> JoinHandle<()> {
    let mut output = keyboard.try_clone().expect("a descriptor is to be had");
    let (screen, is_left) = (Arc::clone(screen), Arc::clone(is_left));
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while !is_left.load(Ordering::Relaxed) {
            if !has_more(&output) {
                continue;
            }
            // Reading fails when the other side is closed.
            let Ok(count @ 1..) = output.read(&mut bytes) else {
                return;
            };
            let mut parser = screen.lock().unwrap_or_else(PoisonError::into_inner);
            parser.process(bytes.get(..count).unwrap_or_default());
        }
    })
}

/// Whether there is something to read, or will never be, within a moment.
fn has_more(output: &File) -> bool {
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: 50_000_000,
    };
    let mut watched = [PollFd::new(output, PollFlags::IN)];
    poll(&mut watched, Some(&moment)).is_ok_and(|count| count > 0)
}
