//! Tells the service manager that the daemon is alive, for as long as the election thread proves it.
//!
//! Twice in the service manager's patience the election is nudged: its bell rings and nothing lies in its inbox, so a thread that
//! waits takes one turn more, at no other cost. Only if it has taken one since the last nudge is the service manager told.
//! An election that hangs is thus killed after once to one and a half times that patience, and the guard cleans up. Nobody waits
//! for anybody: a turn is a number that goes up.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::error;

use crate::{daemon::election::inbox::Pulse, system::service_manager::ServiceManager};

/// Watches until the task is dropped; returns at once if nobody waits for us.
pub(in crate::daemon) async fn watch(pulse: Pulse, manager: ServiceManager) {
    let Some(patience) = manager.patience() else {
        return;
    };
    let mut rounds = interval(period(patience));
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first comes at once.
    rounds.tick().await;
    let mut watched = Watched::new(pulse);
    loop {
        rounds.tick().await;
        match watched.look() {
            Health::Alive => manager.alive(),
            Health::Silent { is_news: true } => error!(
                "the election thread does not answer; unless it does, the service manager ends this process, and the guard cleans up"
            ),
            Health::Silent { is_news: false } => {}
        }
    }
}

/// systemd's own advice: half of what it grants.
fn period(patience: Duration) -> Duration {
    (patience / 2).max(Duration::from_millis(1))
}

/// The election, from look to look.
struct Watched {
    pulse: Pulse,
    turns: u64,
    is_silent: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Health {
    Alive,
    Silent { is_news: bool },
}

impl Watched {
    fn new(pulse: Pulse) -> Self {
        let turns = pulse.turns();
        pulse.nudge();
        Self {
            pulse,
            turns,
            is_silent: false,
        }
    }

    /// Whether there was a turn since the last look, and nudges for the next.
    fn look(&mut self) -> Health {
        let turns = self.pulse.turns();
        let was_silent = std::mem::replace(&mut self.is_silent, turns == self.turns);
        self.turns = turns;
        self.pulse.nudge();
        if self.is_silent {
            Health::Silent {
                is_news: !was_silent,
            }
        } else {
            Health::Alive
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::*;
    use crate::daemon::election::inbox;

    #[test]
    fn an_election_that_takes_turns_is_alive_and_one_that_hangs_is_silent() {
        let (outbox, inbox) = inbox::channel().unwrap();
        let mut watched = Watched::new(outbox.pulse());

        inbox.silence();
        assert_eq!(watched.look(), Health::Alive);

        assert_eq!(watched.look(), Health::Silent { is_news: true });
        assert_eq!(watched.look(), Health::Silent { is_news: false });

        inbox.silence();
        assert_eq!(watched.look(), Health::Alive);
    }

    #[test]
    fn an_election_that_waits_is_woken_to_prove_that_it_lives() {
        let (outbox, inbox) = inbox::channel().unwrap();
        let rings = || {
            let mut bell = [PollFd::new(&inbox, PollFlags::IN)];
            poll(&mut bell, Some(&Timespec::default())).unwrap() == 1
        };
        assert!(!rings());
        let mut watched = Watched::new(outbox.pulse());
        assert!(rings());
        inbox.silence();
        assert!(!rings());
        watched.look();
        assert!(rings());
        assert!(inbox.next_input().is_none(), "nothing lies in the inbox");
    }
}
