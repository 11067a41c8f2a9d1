//! The daemon's end of the socket.

use std::{
    env, io,
    os::{
        fd::OwnedFd,
        unix::{net::UnixDatagram, process::CommandExt},
    },
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    net::{
        AddressFamily, SendFlags, SocketFlags, SocketType, send, socketpair,
        sockopt::set_socket_send_buffer_size_force,
    },
    time::Timespec,
};
use thiserror::Error;

use super::{
    SUBCOMMAND,
    claims::Claims,
    message::{LONGEST, Report, Run, SlotIndex, Table, ToGuard, decode, encode},
};
use crate::system::service_manager;

/// Room for everything that is said while the guard cleans up, loads a table or starts a script.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;

/// How long a guard that has just been started may take to make room for more of the table.
const TABLE_DEADLINE: Duration = Duration::from_secs(5);

/// A running guard, as its parent holds it.
#[derive(Debug)]
pub struct GuardLink {
    sender: GuardSender,
    /// Kept, so that a new guard finds what the old one has not read yet.
    far_end: OwnedFd,
    guard: Child,
}

/// Tells the guard things, from any thread, without waiting and without a lock.
#[derive(Debug, Clone)]
pub struct GuardSender {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    socket: OwnedFd,
    claims: Claims,
}

/// Why the guard could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LinkError {
    /// It has stopped reading; the message was not sent.
    #[error("the guard does not listen")]
    Full,
    /// The message is longer than any the guard reads, or names a file that is not UTF-8.
    #[error("the guard reads nothing of this length, or this is not text")]
    NotSendable,
    /// The socket failed.
    #[error("the guard's socket: {}", io::Error::from_raw_os_error(.0.raw_os_error()))]
    Socket(Errno),
}

/// The mark of a daemon that runs in the background. Scripts must not inherit it: a daemon that one of them starts would believe it was meant.
pub const IN_BACKGROUND: &str = "XVRRPD_IN_BACKGROUND";

/// Starts a guard. To be called before the daemon has threads, and before it locks memory.
///
/// # Errors
/// When the socket or the process cannot be made.
pub fn spawn() -> io::Result<GuardLink> {
    let (near_end, far_end) = socket_pair()?;
    let guard = start(&far_end)?;
    let shared = Arc::new(Shared {
        socket: near_end,
        claims: Claims::new(),
    });
    Ok(GuardLink {
        sender: GuardSender { shared },
        far_end,
        guard,
    })
}

pub(super) fn socket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (near_end, far_end) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    for end in [&near_end, &far_end] {
        // Needs a capability; the default is enough for small configurations.
        set_socket_send_buffer_size_force(end, SOCKET_BUFFER).ok();
    }
    Ok((near_end, far_end))
}

/// The same executable once more, even if its file was replaced meanwhile, under the same name.
fn start(far_end: &OwnedFd) -> io::Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    if let Some(name) = env::args_os().next() {
        command.arg0(name);
    }
    // In the background it would keep the terminal, or a pipe somebody waits at the end of, after the daemon has let go.
    let stderr = if env::var_os(IN_BACKGROUND).is_some() {
        Stdio::null()
    } else {
        Stdio::inherit()
    };
    command
        .arg(SUBCOMMAND)
        .current_dir("/")
        .stdin(Stdio::from(far_end.try_clone()?))
        .stdout(Stdio::null())
        .stderr(stderr)
        .env_remove(IN_BACKGROUND);
    // Its scripts would inherit them.
    for variable in service_manager::VARIABLES {
        command.env_remove(variable);
    }
    command.spawn()
}

impl GuardLink {
    /// Replaces a guard that has died: collects it, starts another, and tells it what is claimed. The table has to
    /// be [installed](GuardSender::install) again.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn replace(&mut self) -> io::Result<()> {
        self.has_ended()?;
        self.guard = start(&self.far_end)?;
        self.sender.repeat_claims().map_err(io::Error::other)
    }

    /// The daemon's way to tell the guard things.
    #[must_use]
    pub fn sender(&self) -> GuardSender {
        self.sender.clone()
    }

    /// Whether the guard has ended; asked anew whenever a child has.
    ///
    /// # Errors
    /// When the kernel cannot say.
    pub fn has_ended(&mut self) -> io::Result<bool> {
        Ok(self.guard.try_wait()?.is_some())
    }

    /// The guard's process number.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.guard.id()
    }

    /// The socket on which reports arrive, one per datagram. (It is a `SOCK_SEQPACKET` socket, which this type
    /// reads just as well.)
    ///
    /// # Errors
    /// When the process has no more room for file descriptors.
    pub fn reports(&self) -> io::Result<UnixDatagram> {
        Ok(self.sender.shared.socket.try_clone()?.into())
    }

    /// The report in a datagram.
    ///
    /// # Errors
    /// When it is none, which only a guard of another version sends.
    pub fn read_report(datagram: &[u8]) -> serde_json::Result<Report> {
        decode(datagram)
    }

    /// No report is longer, in bytes.
    pub const LONGEST_REPORT: usize = LONGEST;
}

impl GuardSender {
    /// Tells the guard its table, waiting for it to make room; not for the election thread, and not by two threads at once, whose
    /// tables would mix.
    ///
    /// # Errors
    /// When it makes none within seconds, or a script's command line is absurdly long.
    pub fn install(&self, table: &Table) -> Result<(), LinkError> {
        for message in table.messages() {
            loop {
                match self.tell(&message) {
                    Err(LinkError::Full) => self.wait_for_room()?,
                    told => break told?,
                }
            }
        }
        Ok(())
    }

    /// Says that the addresses of `slot` are about to be added. To be said before the first of them is.
    ///
    /// # Errors
    /// When the guard cannot be told; a crash would then leave the addresses to the next start.
    pub fn claiming(&self, slot: SlotIndex) -> Result<(), LinkError> {
        self.shared.claims.insert(slot);
        self.tell(&ToGuard::Claiming(slot))
    }

    /// Says that the addresses of `slot` are gone.
    ///
    /// # Errors
    /// When the guard cannot be told; after a crash it would remove what is not there, and say goodbye twice.
    pub fn released(&self, slot: SlotIndex) -> Result<(), LinkError> {
        self.shared.claims.remove(slot);
        self.tell(&ToGuard::Released(slot))
    }

    /// Has a script run; [`Report::Finished`] follows.
    ///
    /// # Errors
    /// When the guard cannot be told; no report follows.
    pub fn run(&self, run: Run) -> Result<(), LinkError> {
        self.tell(&ToGuard::Run(run))
    }

    /// Says that the daemon has cleaned up after itself and ends. The guard ends too, at once.
    ///
    /// # Errors
    /// When the guard cannot be told; it then cleans up what is still claimed.
    pub fn farewell(&self) -> Result<(), LinkError> {
        self.tell(&ToGuard::Farewell)
    }

    fn tell(&self, message: &ToGuard) -> Result<(), LinkError> {
        let datagram = encode(message).ok_or(LinkError::NotSendable)?;
        match send(&self.shared.socket, &datagram, SendFlags::NOSIGNAL) {
            Ok(_all) => Ok(()),
            Err(Errno::AGAIN | Errno::NOBUFS) => Err(LinkError::Full),
            Err(errno) => Err(LinkError::Socket(errno)),
        }
    }

    fn wait_for_room(&self) -> Result<(), LinkError> {
        let deadline = Timespec::try_from(TABLE_DEADLINE).ok();
        let mut room = [PollFd::new(&self.shared.socket, PollFlags::OUT)];
        match poll(&mut room, deadline.as_ref()) {
            Ok(0) => Err(LinkError::Full),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(LinkError::Socket(errno)),
        }
    }

    /// Tells a new guard what the old one knew. Another thread may release a slot meanwhile, hence the second look.
    fn repeat_claims(&self) -> Result<(), LinkError> {
        for slot in self.shared.claims.all() {
            self.tell(&ToGuard::Claiming(slot))?;
            if !self.shared.claims.contains(slot) {
                self.tell(&ToGuard::Released(slot))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rustix::net::{RecvFlags, recv};

    use super::*;

    fn sender() -> (GuardSender, OwnedFd) {
        let (near_end, far_end) = socket_pair().unwrap();
        let shared = Arc::new(Shared {
            socket: near_end,
            claims: Claims::new(),
        });
        (GuardSender { shared }, far_end)
    }

    fn heard(far_end: &OwnedFd) -> Vec<ToGuard> {
        let mut datagram = [0; LONGEST];
        let mut next = || {
            let (length, _) = recv(far_end, &mut datagram[..], RecvFlags::empty()).ok()?;
            Some(decode(&datagram[..length]).unwrap())
        };
        std::iter::from_fn(&mut next).collect()
    }

    #[test]
    fn a_guard_that_does_not_listen_holds_nobody_up() {
        let (sender, _far_end) = sender();
        let mut told = (0..1_000_000).map(|_| sender.claiming(SlotIndex(0)));
        assert_eq!(told.find(Result::is_err), Some(Err(LinkError::Full)));
    }

    #[test]
    fn a_new_guard_learns_what_is_claimed() {
        let (sender, far_end) = sender();
        sender.claiming(SlotIndex(1)).unwrap();
        sender.claiming(SlotIndex(2)).unwrap();
        sender.released(SlotIndex(1)).unwrap();
        heard(&far_end);

        sender.repeat_claims().unwrap();
        assert_eq!(heard(&far_end), [ToGuard::Claiming(SlotIndex(2))]);
    }
}
