//! The guard's loop: hear the daemon, mind the scripts, until there is no daemon.

use std::{io, os::fd::BorrowedFd, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    net::{RecvFlags, SendFlags, recv, send},
    time::Timespec,
};

use super::{
    ledger::{Ledger, Order},
    log,
    message::{LONGEST, Run, Script, decode, encode},
    process::is_readable,
    runs::Runs,
};
use crate::system::clock;

/// Everything the guard has its eye on.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    socket: BorrowedFd<'a>,
    /// Readable when the daemon has ended, in case something else holds its end of the socket open.
    daemon_exit: Option<BorrowedFd<'a>>,
    pub(super) ledger: Ledger,
    pub(super) runs: Runs,
    /// Not passed on yet, each with its script if that is known. Without a table they wait: a guard that replaces another finds orders in
    /// the socket before it is told what they are about.
    orders: Vec<(Run, Option<Script>)>,
}

/// How the daemon went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It has cleaned up and said so.
    Farewell,
    /// Without a word.
    Death,
}

impl<'a> Watch<'a> {
    pub(super) fn new(socket: BorrowedFd<'a>, daemon_exit: Option<BorrowedFd<'a>>) -> Self {
        Self {
            socket,
            daemon_exit,
            ledger: Ledger::default(),
            runs: Runs::default(),
            orders: Vec::new(),
        }
    }

    /// Serves the daemon as long as there is one.
    ///
    /// # Errors
    /// When the kernel can no longer say what happens.
    pub(super) fn until_the_end(&mut self) -> io::Result<Ending> {
        loop {
            self.runs.advance(clock::now());
            self.report();
            self.wait()?;
            // Asked first: what it said before it died is then in the socket, and is heard below.
            let is_dead = self.daemon_exit.is_some_and(is_readable);
            let ending = self.hear()?.or(is_dead.then_some(Ending::Death));
            if ending != Some(Ending::Death) {
                self.take_orders();
            }
            if let Some(ending) = ending {
                return Ok(ending);
            }
        }
    }

    /// Takes in all that the daemon has said so far.
    fn hear(&mut self) -> io::Result<Option<Ending>> {
        let mut datagram = [0; LONGEST];
        loop {
            let length = match recv(self.socket, &mut datagram[..], RecvFlags::empty()) {
                Ok((0, _)) => return Ok(Some(Ending::Death)),
                Ok((length, _)) => length,
                Err(Errno::AGAIN) => return Ok(None),
                // A daemon that died with reports unread; what it said before is still to be heard.
                Err(Errno::CONNRESET | Errno::INTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            match decode(&datagram[..length]).map(|message| self.ledger.note(message)) {
                Ok(None) => {}
                Ok(Some(Order::Run(run))) => {
                    // Looked up as it arrives: what arrives after it may be a table without this script.
                    let script = self.ledger.script(run.script).cloned();
                    self.orders.push((run, script));
                }
                Ok(Some(Order::Farewell)) => return Ok(Some(Ending::Farewell)),
                Err(error) => log(&format!("the guard did not understand the daemon: {error}")),
            }
        }
    }

    /// Passes orders on, once it is known what they are about.
    fn take_orders(&mut self) {
        if self.ledger.table().is_some() {
            for (run, script) in self.orders.drain(..) {
                let script = script.or_else(|| self.ledger.script(run.script).cloned());
                self.runs.order(run, script, clock::now());
            }
        }
    }

    /// Delivers reports as far as the daemon takes them; the rest waits.
    fn report(&mut self) {
        while let Some(report) = self.runs.report() {
            // One that does not fit or finds no daemon is lost; nobody would read it either.
            let datagram = encode(report).unwrap_or_default();
            if send(self.socket, &datagram, SendFlags::NOSIGNAL) == Err(Errno::AGAIN) {
                return;
            }
            self.runs.reported();
        }
    }

    /// Waits until the daemon or a script has something to say, or a deadline passes.
    fn wait(&self) -> io::Result<()> {
        let wanted = match self.runs.report() {
            Some(_) => PollFlags::IN | PollFlags::OUT,
            None => PollFlags::IN,
        };
        let timeout = self
            .runs
            .deadline()
            .map(|deadline| deadline.since(clock::now()));
        let mut fds = vec![PollFd::from_borrowed_fd(self.socket, wanted)];
        let others = self.daemon_exit.into_iter().chain(self.runs.ended());
        fds.extend(others.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        match poll(&mut fds, timeout.and_then(timespec).as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// `None`, for ever, for what is as good as that.
fn timespec(duration: Duration) -> Option<Timespec> {
    Timespec::try_from(duration).ok()
}

#[cfg(test)]
mod tests;
