//! What the running daemon can be asked, and how a request reaches the controller.
//!
//! A request is a line of JSON, `{"request":"status"}`, and so is its answer, `{"status":{…}}` or `{"error":"…"}`. Who may connect may
//! read; what changes something or reads files is for root. Requests wait in a queue of [`WAITING`], which no more clients
//! than there are places can fill.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tracing::{debug, warn};

use super::{
    history::{History, Which},
    reload::Outcome,
    status::Status,
};
use crate::{
    config::Config,
    system::{
        account,
        control_socket::{self, ControlSocket, ControlSocketError, Office, PLACES, Peer, Reply},
    },
};

/// Requests that may wait for the controller.
const WAITING: usize = 2 * PLACES;

/// The group that may ask unless the configuration names another.
const DEFAULT_GROUP: &str = "xvrrpd";

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// What the daemon is doing, and why.
    Status,
    /// What every router has become, and why.
    History(Which),
    /// Take the configuration in again.
    Reload,
    /// What a reload with this file would change.
    Preview {
        /// As the daemon would open it.
        file: PathBuf,
    },
    /// Be shown what is rejected, frame by frame, until the connection ends. After the answer's line come others: [`CaptureLine`](super::CaptureLine).
    Capture {
        /// And what is accepted.
        accepted: bool,
    },
}

impl Request {
    /// What only root may do, in the words of the refusal; nothing for what all may do who can connect.
    const fn needs_root(&self) -> Option<&'static str> {
        match self {
            Self::Status | Self::History(_) => None,
            Self::Reload => Some("reload the configuration"),
            Self::Preview { .. } => Some("have a configuration compared"),
            // A frame shows the password.
            Self::Capture { .. } => Some("capture frames"),
        }
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Request::Status`].
    Status(Box<Status>),
    /// To [`Request::History`].
    History(Box<History>),
    /// To [`Request::Reload`] and [`Request::Preview`]: what changes, one line each.
    Changes(Vec<String>),
    /// To the same: why the running configuration stays, one line for each reason.
    Refused(Vec<String>),
    /// To [`Request::Capture`]: frames follow.
    Capturing,
    /// Nothing was done, for this reason.
    Error(String),
}

impl Answer {
    pub(super) fn line(&self) -> String {
        // Refused would be a map whose keys are not strings, and there is none.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done(changes) => Self::Changes(changes),
            Outcome::Refused(reasons) => Self::Refused(reasons),
        }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        answer.line().into()
    }
}

/// A request on its way to the controller.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) request: Request,
    pub(super) peer: Peer,
    /// Where the answer goes. Whoever asked may have gone.
    pub(super) answer: oneshot::Sender<Reply>,
}

impl Ask {
    /// Answers in one line.
    pub(super) fn answer(self, answer: Answer) {
        self.answer.send(answer.into()).ok();
    }

    /// Whether whoever asked still waits.
    pub(super) fn is_awaited(&self) -> bool {
        !self.answer.is_closed()
    }

    /// Answers with a line that has been an answer before.
    pub(super) fn answer_again(self, line: String) {
        self.answer.send(line.into()).ok();
    }
}

/// The open control socket.
#[derive(Debug)]
pub(super) struct Reception(JoinHandle<()>);

impl Reception {
    /// Closes it. Afterwards the socket is gone, and who takes the pid file over finds its place free.
    pub(super) async fn close(self) {
        self.0.abort();
        self.0.await.ok();
    }
}

/// Binds the control socket beside the pid file. To be called while the process may still give a file to a group.
pub(super) fn bind(config: &Config, pid_file: &Path) -> Result<ControlSocket, ControlSocketError> {
    ControlSocket::bind(control_socket::beside(pid_file), group(config))
}

/// Opens for business. Without a socket the daemon works and cannot be asked.
pub(super) fn open(
    socket: Result<ControlSocket, ControlSocketError>,
) -> (Option<Reception>, mpsc::Receiver<Ask>) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let reception = match socket {
        Ok(socket) => {
            let path = socket.path().display().to_string();
            debug!("{path} answers `xvrrpd status`");
            if let Some(reason) = socket.closed_to_group() {
                warn!("only root may ask at {path}: its group cannot be set: {reason}");
            }
            Some(Reception(tokio::spawn(async move {
                if let Err(failure) = socket.serve(Desk(sender)).await {
                    warn!("nobody can ask at {path}: {failure}");
                }
            })))
        }
        Err(failure) => {
            warn!("there will be no status, since there is no control socket: {failure}");
            None
        }
    };
    (reception, receiver)
}

fn group(config: &Config) -> Option<u32> {
    let configured = config.global.control_group.as_ref();
    account::group(configured.map_or(DEFAULT_GROUP, |group| &group.name))
}

/// Reads requests, refuses what is not allowed, and waits for the controller.
#[derive(Debug, Clone)]
struct Desk(mpsc::Sender<Ask>);

impl Office for Desk {
    async fn answer(&self, request: Vec<u8>, peer: Peer) -> Reply {
        let request = match serde_json::from_slice::<Request>(&request) {
            Ok(request) => request,
            Err(error) => return Answer::Error(not_understood(&error)).into(),
        };
        if let Some(what) = request.needs_root().filter(|_| !peer.is_root()) {
            debug!("user {} may not {what}", peer.uid);
            return Answer::Error(format!("only root may {what}")).into();
        }
        let (answer, answered) = oneshot::channel();
        if self
            .0
            .send(Ask {
                request,
                peer,
                answer,
            })
            .await
            .is_err()
        {
            return Answer::Error("the daemon is stopping".into()).into();
        }
        let stopping = |_| Answer::Error("the daemon is stopping".into()).into();
        answered.await.unwrap_or_else(stopping)
    }

    fn complaint(&self, text: &str) -> String {
        Answer::Error(text.into()).line()
    }
}

fn not_understood(error: &serde_json::Error) -> String {
    format!("this version does not understand the request: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Peer = Peer { uid: 0, pid: None };
    const NOBODY: Peer = Peer {
        uid: 65_534,
        pid: None,
    };

    async fn answer(peer: Peer, request: &str) -> String {
        let (sender, mut receiver) = mpsc::channel(1);
        let controller = async {
            if let Some(Ask {
                request, answer, ..
            }) = receiver.recv().await
            {
                answer.send(format!("{request:?}").into()).unwrap();
            }
        };
        let desk = Desk(sender);
        let asked = async move { desk.answer(request.into(), peer).await.line };
        tokio::join!(asked, controller).0
    }

    #[tokio::test]
    async fn all_may_read_and_only_root_may_change() {
        assert_eq!(answer(NOBODY, r#"{"request":"status"}"#).await, "Status");
        assert_eq!(
            answer(NOBODY, r#"{"request":"history","last":5}"#).await,
            "History(Which { instance: None, last: Some(5) })"
        );
        assert_eq!(answer(ROOT, r#"{"request":"reload"}"#).await, "Reload");
        assert_eq!(
            answer(NOBODY, r#"{"request":"reload"}"#).await,
            r#"{"error":"only root may reload the configuration"}"#
        );
        assert_eq!(
            answer(NOBODY, r#"{"request":"preview","file":"/etc/shadow"}"#).await,
            r#"{"error":"only root may have a configuration compared"}"#
        );
        assert_eq!(
            answer(NOBODY, r#"{"request":"capture","accepted":true}"#).await,
            r#"{"error":"only root may capture frames"}"#
        );
    }

    #[tokio::test]
    async fn what_is_no_request_is_answered_too() {
        for garbage in ["", "status", "{}", r#"{"request":"dance"}"#, "\u{0}\u{1}"] {
            let said = answer(ROOT, garbage).await;
            assert!(
                said.starts_with(r#"{"error":"this version does not understand the request"#),
                "{said}"
            );
        }
    }

    #[tokio::test]
    async fn a_daemon_that_stops_says_so() {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        let reply = Desk(sender)
            .answer(br#"{"request":"status"}"#.into(), NOBODY)
            .await;
        assert_eq!(reply.line, r#"{"error":"the daemon is stopping"}"#);
    }
}
