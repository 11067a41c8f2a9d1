//! Asking the daemon that runs.

use std::{io::BufReader, os::unix::net::UnixStream, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use super::{DEFAULT_PID_FILE, complain};
use crate::{
    daemon::{Answer, Request},
    system::control_socket::{self, AskError, Line},
};

/// Nobody is there to be asked.
pub(super) const EXIT_NO_DAEMON: u8 = 3;

/// Which daemon.
#[derive(Debug, Clone, Args)]
pub(super) struct Whom {
    /// The pid file of the daemon; its control socket lies beside it.
    #[arg(short = 'p', long, value_name = "FILE", default_value = DEFAULT_PID_FILE)]
    pid: PathBuf,
    /// The control socket itself.
    #[arg(long, value_name = "PATH", conflicts_with = "pid")]
    socket: Option<PathBuf>,
}

impl Whom {
    /// Where the daemon is asked.
    pub(super) fn socket(&self) -> PathBuf {
        let beside = || control_socket::beside(&self.pid);
        self.socket.clone().unwrap_or_else(beside)
    }

    /// Asks, and returns the answer.
    ///
    /// # Errors
    ///
    /// [`AskError`], or the answer cannot be read.
    pub(super) fn request(&self, request: &Request) -> Result<Answer> {
        self.converse(request).map(|(answer, _)| answer)
    }

    fn converse(&self, request: &Request) -> Result<(Answer, BufReader<UnixStream>)> {
        let socket = self.socket();
        let Line { text, rest } = control_socket::open(&socket, &serde_json::to_string(request)?)?;
        let answer = serde_json::from_str(&text).with_context(|| {
            format!(
                "what {} answers is not understood; is the daemon of another version?",
                socket.display()
            )
        })?;
        Ok((answer, rest))
    }

    /// Asks, and passes the answer to `understand`. Whatever it does not take is said on standard error.
    ///
    /// # Errors
    ///
    /// The answer cannot be read.
    pub(super) fn ask<T>(
        &self,
        request: &Request,
        understand: impl FnOnce(Answer) -> std::result::Result<T, Answer>,
    ) -> Result<std::result::Result<T, ExitCode>> {
        let opened = self.open(request, understand)?;
        Ok(opened.map(|(answer, _)| answer))
    }

    /// Asks, and passes the answer to `understand`; what follows the answer's first line is to be read from what is returned with it.
    ///
    /// # Errors
    ///
    /// The answer cannot be read.
    pub(super) fn open<T>(
        &self,
        request: &Request,
        understand: impl FnOnce(Answer) -> std::result::Result<T, Answer>,
    ) -> Result<std::result::Result<(T, BufReader<UnixStream>), ExitCode>> {
        let (answer, rest) = match self.converse(request) {
            Ok(answer) => answer,
            Err(failure) => {
                let Some(unanswered) = failure.downcast_ref() else {
                    return Err(failure);
                };
                complain(&format!("xvrrpd: {unanswered}"));
                let code = match unanswered {
                    AskError::NoDaemon(_) => ExitCode::from(EXIT_NO_DAEMON),
                    AskError::Denied(_) | AskError::Io { .. } => ExitCode::FAILURE,
                };
                return Ok(Err(code));
            }
        };
        let understood = understand(answer).map(|answer| (answer, rest));
        Ok(understood.map_err(|other| {
            refuse(other);
            ExitCode::FAILURE
        }))
    }

    /// Asks for something that is answered by what changes, and prints that.
    ///
    /// # Errors
    ///
    /// As [`Self::ask`].
    pub(super) fn ask_for_changes(&self, request: &Request) -> Result<ExitCode> {
        let changes = self.ask(request, |answer| match answer {
            Answer::Changes(changes) => Ok(changes),
            other @ (Answer::Status(_)
            | Answer::Capturing
            | Answer::History(_)
            | Answer::Refused(_)
            | Answer::Error(_)) => Err(other),
        })?;
        let changes = match changes {
            Ok(changes) => changes,
            Err(code) => return Ok(code),
        };
        if changes.is_empty() {
            super::say("nothing changes");
        }
        for change in changes {
            super::say(&change);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn refuse(answer: Answer) {
    match answer {
        Answer::Refused(reasons) => {
            for reason in reasons {
                complain(&reason);
            }
            complain("xvrrpd: refused; the running configuration stays");
        }
        Answer::Error(reason) => complain(&format!("xvrrpd: {reason}")),
        Answer::Status(_) | Answer::History(_) | Answer::Changes(_) | Answer::Capturing => {
            complain("xvrrpd: the daemon answered something else");
        }
    }
}
