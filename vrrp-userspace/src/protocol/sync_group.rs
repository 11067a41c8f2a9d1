//! Routers that are Active together or not at all (keepalived's `vrrp_sync_group`; no RFC knows it).
//!
//! Pure, and above the routers: it looks at what the members are and at what one of them has become, and answers with events for the others.
//! Faults are shared before they get here: the fault of one member is a fault of all.
//!
//! A member takes over by silence only when no other one still hears somebody who keeps it Backup. Otherwise two nodes, each better on one link, or a
//! switch that loses one of two networks, would push the group to and fro for ever, as keepalived's do (#624).

use serde::{Deserialize, Serialize};

use super::{Because, Event, Monotonic, State, Transition, VirtualRouter};

/// A router counts as held back for so many of the Active Router's intervals after it has heard him. Less than Active_Down_Interval is at least, so that
/// members whose Active Routers die together follow each other; more than one, so that an advertisement may be late.
const HELD_FOR: u32 = 2;

/// Who belongs together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncGroup {
    /// As the configuration calls it.
    pub name: String,
    /// The members' slots, in the order of the configuration.
    pub members: Vec<usize>,
}

/// Why a member may not become Active yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The member that is waited for.
    pub by: String,
    /// Until when that counts.
    pub until: Monotonic,
    /// Whether it hears somebody, rather than only going first.
    pub hears: bool,
}

impl SyncGroup {
    /// The members besides the one in `slot`.
    pub fn others(&self, slot: usize) -> impl Iterator<Item = usize> {
        let members = self.members.iter().copied();
        members.filter(move |member| *member != slot)
    }

    /// What the other members are to be told after `member` has changed its state, if anything.
    #[must_use]
    pub fn consequence(&self, member: &str, transition: &Transition) -> Option<Event> {
        let (group, member) = (self.name.clone(), member.to_owned());
        match (transition.from, transition.to) {
            (_, State::Active) => Some(Event::GroupActive { group, member }),
            (State::Active, State::Backup) => Some(Event::GroupBackup { group, member }),
            // A fault is everybody's anyway, and who is taken out belongs to nobody.
            _ => None,
        }
    }
}

/// What keeps `member` from taking over at `now`: the last to end of what the `others` hear, and of the wait for the one of the lowest VRID.
///
/// That one goes first, for an interval at most. Otherwise two nodes that are each better on one link, and start at the same moment, would take over at the
/// same moment again and again, and give way to each other.
pub fn hold(member: &VirtualRouter, others: &[&VirtualRouter], now: Monotonic) -> Option<Hold> {
    let number = |router: &VirtualRouter| {
        let settings = router.settings();
        (settings.vrid, settings.family)
    };
    let heard = others.iter().copied().filter_map(|router| {
        let (heard, interval) = router.held_by()?;
        Some((heard + interval * HELD_FOR, true, router))
    });
    let first = others.iter().copied().min_by_key(|router| number(router));
    let first = first.filter(|first| number(first) < number(member));
    let patience = member.silence_ends().map(|(end, interval)| end + interval);
    let turn = first.and_then(|first| {
        let (end, _) = first.silence_ends()?;
        Some((end.min(patience?), false, first))
    });
    let (until, hears, by) = heard.chain(turn).max_by_key(|(until, ..)| *until)?;
    (until > now).then(|| Hold {
        by: by.settings().name.clone(),
        until,
        hears,
    })
}

/// What brings members that have just been put together into step, as events by slot: if no Backup among them hears somebody, all become Active with the one that
/// is; else that one gives way.
pub fn reconcile<'a>(
    group: &SyncGroup,
    member: impl Fn(usize) -> Option<&'a VirtualRouter>,
    now: Monotonic,
) -> Vec<(usize, Event)> {
    let routers = || {
        let slots = group.members.iter().copied();
        slots.filter_map(|slot| Some((slot, member(slot)?)))
    };
    let is = |state: State| move |(_, router): &(usize, &VirtualRouter)| router.state() == state;
    let Some((_, active)) = routers().find(is(State::Active)) else {
        return Vec::new();
    };
    let mut backups = routers()
        .filter(is(State::Backup))
        .map(|(_, router)| router);
    let hears = |router: &&VirtualRouter| {
        let held = router.held_by();
        held.is_some_and(|(heard, interval)| heard + interval * HELD_FOR > now)
    };
    if let Some(held) = backups.find(hears) {
        let event = Event::GroupBackup {
            group: group.name.clone(),
            member: held.settings().name.clone(),
        };
        let actives = routers().filter(is(State::Active));
        return actives.map(|(slot, _)| (slot, event.clone())).collect();
    }
    let event = Event::GroupActive {
        group: group.name.clone(),
        member: active.settings().name.clone(),
    };
    let backups = routers().filter(is(State::Backup));
    backups.map(|(slot, _)| (slot, event.clone())).collect()
}

impl Because {
    /// Of a member that follows another one.
    pub(super) fn group(group: &str, member: &str) -> Self {
        Self::Group {
            group: group.to_owned(),
            member: member.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
