//! The mail server at a node's 127.0.0.1:25: a real one, or one that behaves as none should.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::PoisonError;

use super::Node;
use crate::condition::eventually;
use crate::namespace::LAB_PROGRAM;
use crate::process::Background;

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
        // The old one ends before the new one wants its port.
        drop(smtp.take());
        *smtp = self.server(mood);
        let wanted = mood != Mood::Absent;
        eventually("the mail server is as wanted", || {
            self.listens(25) == wanted
        });
    }

    fn server(&self, mood: Mood) -> Option<Background> {
        let own = |mood| {
            let mut smtp = self.machine.command(LAB_PROGRAM);
            Some(Background::start(smtp.args(["smtp", mood])))
        };
        match mood {
            Mood::Sane => {
                let mut aiosmtpd = self.machine.command("/usr/bin/aiosmtpd");
                Some(Background::start(aiosmtpd.args(AIOSMTPD)))
            }
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
