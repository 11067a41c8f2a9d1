//! What the service manager is told: systemd, or whoever else listens at `NOTIFY_SOCKET` as `sd_notify(3)` describes.
//!
//! A thread of its own speaks, because a service manager that does not read would hold its speaker up. At most [`WAITING`]
//! messages wait for it; what comes when there is no room is not said. Without a service manager nobody speaks at all.

use std::{
    env, io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    time::Duration,
};

use sd_notify::NotifyState;
use tracing::debug;

/// Messages that may wait for the service manager to read.
const WAITING: usize = 64;

/// The variables by which a service manager is found. Neither the guard nor a script may inherit them: what they say would be
/// taken for the daemon's word.
pub const VARIABLES: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// The way to the service manager. Clones share it; telling never waits.
#[derive(Debug, Clone, Default)]
pub struct ServiceManager {
    messages: Option<SyncSender<Message>>,
}

#[derive(Debug)]
enum Message {
    Ready,
    Reloading,
    Stopping,
    Alive,
    Status(String),
}

impl ServiceManager {
    /// Finds the service manager that started us, if one did.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub fn find() -> io::Result<Self> {
        if env::var_os(VARIABLES[0]).is_none() {
            return Ok(Self::default());
        }
        let (sender, receiver) = sync_channel(WAITING);
        std::thread::Builder::new()
            .name("notify".into())
            .spawn(move || pass_on(&receiver))?;
        Ok(Self {
            messages: Some(sender),
        })
    }

    /// How long the service manager waits for [`Self::alive`] before it kills us; `None` if it does not.
    #[must_use]
    pub fn patience(&self) -> Option<Duration> {
        self.messages.as_ref()?;
        sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero())
    }

    /// Everything runs; also the end of what [`Self::reloading`] began.
    pub fn ready(&self) {
        self.tell(Message::Ready);
    }

    /// The configuration is being read again. [`Self::ready`] has to follow, whatever comes of it.
    pub fn reloading(&self) {
        self.tell(Message::Reloading);
    }

    /// The end has begun.
    pub fn stopping(&self) {
        self.tell(Message::Stopping);
    }

    /// Whoever has to be alive is.
    pub fn alive(&self) {
        self.tell(Message::Alive);
    }

    /// One line for `systemctl status`.
    pub fn status(&self, line: impl Into<String>) {
        self.tell(Message::Status(line.into()));
    }

    fn tell(&self, message: Message) {
        let Some(messages) = &self.messages else {
            return;
        };
        if messages.try_send(message).is_err() {
            debug!("the service manager does not listen; it was not told something");
        }
    }
}

fn pass_on(messages: &Receiver<Message>) {
    for message in messages {
        if let Err(failure) = say(&message) {
            debug!("the service manager cannot be told: {failure}");
        }
    }
}

fn say(message: &Message) -> io::Result<()> {
    match message {
        Message::Ready => sd_notify::notify(&[NotifyState::Ready]),
        // In one datagram: the time tells systemd which READY belongs to this reload.
        Message::Reloading => {
            sd_notify::notify(&[NotifyState::Reloading, NotifyState::monotonic_usec_now()?])
        }
        Message::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        Message::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
        Message::Status(line) => sd_notify::notify(&[NotifyState::Status(line)]),
    }
}
