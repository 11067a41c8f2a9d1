//! Who is Active, and how long the other takes to notice that it no longer is.
//!
//! Priorities are those of routers all of whose scripts are well.

use std::{cmp::Ordering, time::Duration};

use super::{Both, Finding, Pair, Side, weights};
use crate::config::Instance;
use crate::protocol::{
    Priority,
    timers::{active_down_interval, skew_time},
};

/// Within this long the guard has sent priority 0 for a daemon that was killed.
const GUARD_ANSWERS: Duration = Duration::from_secs(1);

/// Who is Active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Election {
    /// Both: neither hears the other.
    BothActive,
    /// One of them at a time.
    OneActive {
        /// Who, if both start at the same moment; `None` if that is left to their addresses.
        winner: Option<Side>,
        /// Whether that one is Active in the end whoever starts first; else who is Active stays.
        is_settled: bool,
        /// What each advertises.
        priorities: Both<Priority>,
        /// What each does when the other is lost.
        takeovers: Both<Takeover>,
    },
}

/// What a survivor does when the Active Router is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takeover {
    /// Active_Down_Interval: after this much silence, counted from the last advert, it takes over.
    pub silence: Duration,
    /// The interval of the router that is lost: its last advert was at most this long before it crashed.
    pub interval: Duration,
    /// Skew_Time: after a goodbye it waits this long.
    pub after_goodbye: Duration,
    /// At the latest so long after a kill -9 of the daemon alone, whose guard says goodbye for it.
    pub after_kill: Duration,
    /// What the one that was lost does when it comes back.
    pub comeback: Return,
}

/// What a router does that starts while the other is Active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// It owns the addresses, and takes them at once.
    AtOnce,
    /// It hears a lower priority, and takes over so long after its start.
    TakesOver(Duration),
    /// As [`Self::TakesOver`], later than the first and by the second: it has a `preempt_delay`.
    TakesOverBetween(Duration, Duration),
    /// It may take over so long after its start, because the other speaks more rarely than that, and give way once it hears a better one.
    Unheard(Duration),
    /// It could, and has `nopreempt`.
    StaysForNopreempt,
    /// Its priority is not higher.
    StaysBehind,
}

/// Decides, for two that hear each other.
pub(super) fn decide(pair: &Pair<'_>) -> Election {
    let priorities = Both::each(|side| weights::priority_when_well(pair[side]));
    let stronger = stronger(&priorities);
    let is_settled = stronger.is_some_and(|side| preempts(pair, side));
    Election::OneActive {
        winner: if is_settled {
            stronger
        } else {
            first_to_speak(pair, &priorities).or(stronger)
        },
        is_settled,
        takeovers: Both::each(|side| takeover(pair, &priorities, side)),
        priorities,
    }
}

/// Whether the Backup on this side ignores an Active Router of lower priority.
pub(super) fn preempts(pair: &Pair<'_>, side: Side) -> bool {
    pair[side].preempt || pair[side].priority.is_address_owner()
}

fn stronger(priorities: &Both<Priority>) -> Option<Side> {
    match priorities.first.cmp(&priorities.second) {
        Ordering::Greater => Some(Side::First),
        Ordering::Less => Some(Side::Second),
        Ordering::Equal => None,
    }
}

/// Whose Active_Down_Timer comes first when both start at once.
fn first_to_speak(pair: &Pair<'_>, priorities: &Both<Priority>) -> Option<Side> {
    let patience = Both::each(|side| silence_after_start(pair, priorities, side));
    match patience.first.cmp(&patience.second) {
        Ordering::Less => Some(Side::First),
        Ordering::Greater => Some(Side::Second),
        Ordering::Equal => None,
    }
}

/// A router that starts knows no interval but its own; the owner waits for nothing (RFC 9568 §6.4.1).
fn silence_after_start(pair: &Pair<'_>, priorities: &Both<Priority>, side: Side) -> Duration {
    if priorities[side].is_address_owner() {
        return Duration::ZERO;
    }
    let own = pair[side];
    patience(own, priorities[side], own.advertisement_interval)
}

/// What `survivor` does. A Backup counts in the interval of the Active Router, which it has adopted or shares.
fn takeover(pair: &Pair<'_>, priorities: &Both<Priority>, survivor: Side) -> Takeover {
    let priority = priorities[survivor];
    let interval = pair[survivor.other()].advertisement_interval;
    let silence = patience(pair[survivor], priority, interval);
    let after_goodbye = skew_time(pair[survivor].version, priority, interval);
    Takeover {
        silence,
        interval,
        after_goodbye,
        after_kill: silence.min(GUARD_ANSWERS + after_goodbye),
        comeback: comeback(pair, priorities, survivor.other()),
    }
}

fn comeback(pair: &Pair<'_>, priorities: &Both<Priority>, side: Side) -> Return {
    let patience = silence_after_start(pair, priorities, side);
    if priorities[side].is_address_owner() {
        Return::AtOnce
    } else if patience <= pair[side.other()].advertisement_interval {
        Return::Unheard(patience)
    } else if priorities[side] <= priorities[side.other()] {
        Return::StaysBehind
    } else if preempts(pair, side) {
        after_delay(pair, priorities, side).unwrap_or(Return::TakesOver(patience))
    } else {
        Return::StaysForNopreempt
    }
}

/// Where there is a `preempt_delay`: it counts from the first advert, which comes within an interval, and the adverts that come before it has
/// passed begin the silence anew.
fn after_delay(pair: &Pair<'_>, priorities: &Both<Priority>, side: Side) -> Option<Return> {
    let delay = pair[side].conduct.preempt_delay;
    let interval = pair[side.other()].advertisement_interval;
    let further = delay
        .as_nanos()
        .div_ceil(interval.as_nanos())
        .checked_sub(1)?;
    let further = u32::try_from(further).unwrap_or(u32::MAX);
    let earliest =
        interval.saturating_mul(further) + patience(pair[side], priorities[side], interval);
    Some(Return::TakesOverBetween(earliest, earliest + interval))
}

/// Active_Down_Interval of `own` at `priority`, if whoever is Active sends every `interval`.
fn patience(own: &Instance, priority: Priority, interval: Duration) -> Duration {
    active_down_interval(
        own.version,
        priority,
        interval,
        own.conduct.silent_intervals,
    )
}

/// What the two say about the election and should not, or not alone.
pub(super) fn findings(pair: &Pair<'_>, hear_each_other: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let priorities = Both::each(|side| weights::priority_when_well(pair[side]));
    if priorities.agree() && hear_each_other {
        findings.push(if priorities.first.is_address_owner() {
            Finding::BothOwn
        } else {
            Finding::SamePriority(priorities.first)
        });
    }
    for side in Side::BOTH {
        if pair[side].nopreempt_is_overruled {
            findings.push(Finding::NopreemptWithoutEffect(side));
        }
        if !preempts(pair, side) && preempts(pair, side.other()) {
            findings.push(Finding::NopreemptOf(side));
        }
    }
    findings
}
