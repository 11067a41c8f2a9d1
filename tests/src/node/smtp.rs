//! The mail server at a node's 127.0.0.1:25: a real one, or one that behaves as none should.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::PoisonError;

use rustix::process::{Pid, Signal};

use super::{Node, in_background};
use crate::condition::eventually;
use crate::namespace::{LAB_PROGRAM, child_of};

/// How the mail server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// The distribution's server, which stores every mail.
    Sane,
    /// Takes connections and never says a word.
    Silent,
    /// Greets with a line that never ends.
    Endless,
    /// Greets with a refusal.
    Refusing,
    /// Is not there.
    Absent,
}

impl Node {
    /// Puts a mail server of this mood in place of the present one.
    ///
    /// # Panics
    ///
    /// If it does not come up.
    pub fn start_smtp(&self, mood: Mood) {
        let mut smtp = self.smtp.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut old) = smtp.take() {
            let process =
                child_of(old.id()).and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
            if let Some(process) = process {
                // It may have ended by itself, which is as good.
                let _ = rustix::process::kill_process(process, Signal::KILL);
            }
            drop(old.wait());
        }
        *smtp = self.server(mood);
        let wanted = mood != Mood::Absent;
        eventually("the mail server is as wanted", || {
            self.listens(25) == wanted
        });
    }

    fn server(&self, mood: Mood) -> Option<std::process::Child> {
        let own = |mood| Some(in_background(&self.machine, LAB_PROGRAM, &["smtp", mood]));
        match mood {
            Mood::Sane => Some(in_background(&self.machine, "/usr/bin/aiosmtpd", AIOSMTPD)),
            Mood::Silent => own("silent"),
            Mood::Endless => own("endless"),
            Mood::Refusing => own("refusing"),
            Mood::Absent => None,
        }
    }

    /// Whether somebody listens at a TCP port of 127.0.0.1 (or of every address), as the kernel tells.
    fn listens(&self, port: u16) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let shown = self
            .machine
            .run("ss", &["--no-header", "--listening", "--tcp", "--numeric"]);
        shown.contains(&format!("{address} "))
    }
}

const AIOSMTPD: &[&str] = &[
    "--nosetuid",
    "--listen",
    "127.0.0.1:25",
    "--class",
    "aiosmtpd.handlers.Mailbox",
    "/run/lab/mail",
];
