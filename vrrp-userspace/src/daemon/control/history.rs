//! What every router has become, and why: plain data, as `xvrrpd history --json` prints it. `docs/history.md` is its reference.
//!
//! Names of fields are a promise: they are added to and not changed. Units stand in the names, moments are RFC 3339 in UTC.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    daemon::{
        election::{
            chronicle::{self, Turn, Way, Witness},
            memory::Past,
        },
        reporter::phrases::state_name,
    },
    protocol::Monotonic,
    system::clock::WallClock,
};

/// The last transitions, and what was around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// When it was told.
    pub at: Timestamp,
    /// Oldest first.
    pub transitions: Vec<Transition>,
    /// How many older ones are remembered and not told here.
    pub left_out: u64,
    /// By instance, how many still older ones are no longer remembered.
    pub forgotten: BTreeMap<String, u64>,
}

/// A transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// Of whom, as the configuration called it then.
    pub instance: String,
    /// Where it sends and receives adverts.
    pub interface: String,
    /// `virtual_router_id`.
    pub vrid: u8,
    /// `MASTER`, `BACKUP`, `FAULT`, or `INIT`, which takes no part.
    pub from: String,
    /// The same.
    pub to: String,
    /// Its priority at that moment.
    pub priority: u8,
    /// In the words of the log.
    pub because: String,
    /// Adverts since the transition before, as far as the daemon was told of them.
    pub before: Around,
    /// What the program had written; nothing where it is not loaded.
    pub program: Option<Program>,
    /// Adverts until the transition that follows, and for ten seconds at most.
    pub after: Around,
}

/// Adverts on one side of a transition, those that are alike together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Around {
    /// In the order of the last of each.
    pub adverts: Vec<Adverts>,
    /// How many more there were, of kinds that found no room.
    pub omitted: u64,
}

/// Adverts that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adverts {
    /// What became of them.
    pub way: Direction,
    /// From whom; nothing for our own.
    pub source: Option<IpAddr>,
    /// Which they bear; 0 is a farewell.
    pub priority: u8,
    /// Every how many milliseconds one is due.
    pub interval_ms: u64,
    /// How many.
    pub count: u64,
    /// When the first was, in milliseconds after the transition; before it the number is negative.
    pub first_ms: i64,
    /// When the last was, likewise.
    pub last_ms: i64,
}

/// Which way an advert went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It was heard, and accepted.
    Heard,
    /// It was sent.
    Sent,
    /// It was to be sent, and could not be.
    NotSent,
}

/// What the program had written about an instance at a transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Adverts it had accepted since the instance was there, also those it told nobody of since they repeat the one before.
    pub accepted: u64,
    /// Those it had rejected since the last one that it accepted.
    pub rejected_since_accepted: u64,
    /// The last one that counts as a sign of life of the MASTER.
    pub last: Option<Adverts>,
}

/// Which transitions are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Which {
    /// Those of this instance alone.
    pub instance: Option<String>,
    /// No more than the last so many.
    pub last: Option<usize>,
}

impl History {
    /// Tells the past.
    pub(in crate::daemon) fn of(past: &Past, which: &Which, wall: &WallClock) -> Self {
        let is_wanted = |name: &str| which.instance.as_deref().is_none_or(|one| one == name);
        let turns = past.turns.iter();
        let mut turns: Vec<_> = turns.filter(|turn| is_wanted(&turn.who.instance)).collect();
        turns.sort_by_key(|turn| turn.at);
        let skipped = which
            .last
            .map_or(0, |last| turns.len().saturating_sub(last));
        let forgotten = past.forgotten.iter();
        Self {
            at: wall.at(past.at),
            transitions: turns
                .iter()
                .skip(skipped)
                .map(|turn| transition(turn, wall))
                .collect(),
            left_out: skipped as u64,
            forgotten: forgotten
                .filter(|(name, _)| is_wanted(name))
                .map(|(name, count)| (name.clone(), *count))
                .collect(),
        }
    }

    /// Keeps what is wanted of a history that was told before.
    #[must_use]
    pub fn only(mut self, which: &Which) -> Self {
        if let Some(wanted) = &which.instance {
            self.transitions.retain(|one| one.instance == *wanted);
            self.forgotten.retain(|name, _| name == wanted);
        }
        let last = which.last.unwrap_or(usize::MAX);
        let skipped = self.transitions.len().saturating_sub(last);
        self.transitions.drain(..skipped);
        self.left_out += skipped as u64;
        self
    }
}

fn transition(turn: &Turn, wall: &WallClock) -> Transition {
    let what = &turn.transition;
    Transition {
        at: wall.at(turn.at),
        instance: turn.who.instance.clone(),
        interface: turn.who.interface.clone(),
        vrid: turn.who.vrid,
        from: state_name(what.from).into(),
        to: state_name(what.to).into(),
        priority: what.priority.get(),
        because: what.because.to_string(),
        before: around(&turn.before, turn.at),
        program: turn.witness.map(|witness| program(&witness, turn.at)),
        after: around(&turn.after, turn.at),
    }
}

fn around(around: &chronicle::Around, turn: Monotonic) -> Around {
    let seen = around.seen.iter();
    Around {
        adverts: seen.map(|seen| adverts(seen, turn)).collect(),
        omitted: around.omitted,
    }
}

fn adverts(seen: &chronicle::Seen, turn: Monotonic) -> Adverts {
    let (way, source) = match seen.kind.way {
        Way::Heard(source) => (Direction::Heard, Some(source)),
        Way::Sent => (Direction::Sent, None),
        Way::Unsent => (Direction::NotSent, None),
    };
    Adverts {
        way,
        source,
        priority: seen.kind.priority.get(),
        interval_ms: milliseconds(seen.kind.interval).unsigned_abs(),
        count: seen.count,
        first_ms: from(turn, seen.first),
        last_ms: from(turn, seen.last),
    }
}

fn program(witness: &Witness, turn: Monotonic) -> Program {
    let Witness {
        accepted,
        rejected,
        last,
    } = witness;
    Program {
        accepted: *accepted,
        rejected_since_accepted: (*rejected).into(),
        last: last.map(|heard| Adverts {
            way: Direction::Heard,
            source: Some(heard.source),
            priority: heard.priority.get(),
            interval_ms: milliseconds(heard.interval).unsigned_abs(),
            count: 1,
            first_ms: from(turn, heard.received),
            last_ms: from(turn, heard.received),
        }),
    }
}

/// From the transition to a moment before or after it.
fn from(turn: Monotonic, moment: Monotonic) -> i64 {
    if moment < turn {
        -milliseconds(turn.since(moment))
    } else {
        milliseconds(moment.since(turn))
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
