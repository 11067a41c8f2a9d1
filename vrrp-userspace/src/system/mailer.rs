//! Sends mail about transitions; the only user of `lettre`.
//!
//! One mail at a time, one attempt, one deadline for all of it from the server's name to its last answer.
//! The queue is bounded and whoever hands in a mail never waits, so a server that is dead, slow or absurd
//! costs mails and a line in the log, nothing else.

mod budget;
mod delivery;
mod message;
mod transition;

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, task::JoinHandle, time::timeout};
use tracing::{info, warn};

pub use message::MailSettingsError;
pub use transition::{Mail, Transition, mail_for};

use self::{delivery::deliver, message::Addresses};

/// Mails waiting; with more the oldest is given up, since the newest says what is so now.
const QUEUE: usize = 64;

/// Where mail goes and who gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// The server's name or address.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// The deadline of a whole delivery, `smtp_connect_timeout`.
    pub connect_timeout: Duration,
    /// The sender's address.
    pub from: String,
    /// The receivers' addresses.
    pub to: Vec<String>,
    /// How we introduce ourselves; the host's name if not given.
    pub helo_name: Option<String>,
}

impl MailSettings {
    /// keepalived's defaults, still without sender and receivers.
    #[must_use]
    pub fn new(server: impl Into<String>) -> Self {
        Self {
            server: server.into(),
            port: 25,
            connect_timeout: Duration::from_secs(30),
            from: String::new(),
            to: Vec::new(),
            helo_name: None,
        }
    }
}

/// Takes mails and delivers them from a task of its own.
#[derive(Debug)]
pub struct Mailer {
    queue: Arc<Queue>,
    task: JoinHandle<()>,
}

impl Mailer {
    /// Starts the task.
    ///
    /// The server's name is looked up on one of the runtime's blocking threads, which may hang for longer
    /// than the deadline: end the runtime with a time limit of its own.
    ///
    /// # Errors
    /// When the sender is not a mail address, or no receiver is.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(settings: MailSettings) -> Result<Self, MailSettingsError> {
        let addresses = Addresses::new(&settings)?;
        let queue = Arc::new(Queue::default());
        let task = tokio::spawn(serve(Arc::clone(&queue), settings, addresses));
        Ok(Self { queue, task })
    }

    /// Puts a mail into the queue. Never waits; a full queue gives up its oldest mail.
    pub fn send(&self, mail: Mail) {
        self.queue.push(mail);
    }

    /// Delivers what is queued, but gives up after `deadline`.
    pub async fn finish(mut self, deadline: Duration) {
        self.queue.close();
        if timeout(deadline, &mut self.task).await.is_err() {
            self.task.abort();
            warn!("SMTP alerts that were still waiting are given up");
        }
    }
}

async fn serve(queue: Arc<Queue>, settings: MailSettings, addresses: Addresses) {
    let MailSettings { server, port, .. } = &settings;
    while let Some((mail, given_up)) = queue.next().await {
        if given_up > 0 {
            warn!("{given_up} SMTP alerts were given up: too many were waiting");
        }
        match deliver(&settings, &addresses, mail).await {
            Ok(()) => info!("SMTP alert successfully sent."),
            Err(error) => warn!("SMTP alert to [{server}]:{port} failed: {error}"),
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    doorbell: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    mails: VecDeque<Mail>,
    given_up: usize,
    is_closed: bool,
}

impl Queue {
    fn push(&self, mail: Mail) {
        let mut waiting = self.lock();
        if waiting.mails.len() == QUEUE {
            waiting.mails.pop_front();
            waiting.given_up += 1;
        }
        waiting.mails.push_back(mail);
        self.doorbell.notify_one();
    }

    fn close(&self) {
        self.lock().is_closed = true;
        self.doorbell.notify_one();
    }

    /// The oldest mail, and how many were given up since the last; `None` when closed and empty.
    async fn next(&self) -> Option<(Mail, usize)> {
        loop {
            {
                let mut waiting = self.lock();
                if let Some(mail) = waiting.mails.pop_front() {
                    return Some((mail, mem::take(&mut waiting.given_up)));
                }
                if waiting.is_closed {
                    return None;
                }
            }
            self.doorbell.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
