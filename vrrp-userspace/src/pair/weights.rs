//! Can a script change who is Active?
//!
//! Computed over every outcome of every script on both sides: a weight that changes a priority and never an election is worth
//! a complaint, since somebody counts on it.

use std::collections::BTreeSet;

use super::{Finding, Pair, Side, election::preempts};
use crate::{
    config::{Instance, TrackedScript},
    protocol::Priority,
    tracking::{Effect, ScriptStatus, Weight, changed_priority, effective_priority},
};

/// What a script can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptInfluence {
    /// Whose script it is.
    pub side: Side,
    /// Its name.
    pub script: String,
    /// What it weighs.
    pub weight: Weight,
    /// What it can do.
    pub influence: Influence,
}

/// What the failure of a script (its success, with `reverse`) does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Influence {
    /// It has no weight: the router is in fault, and says goodbye if it was Active.
    Faults,
    /// Alone it makes the other side take over.
    HandsOver {
        /// The priority before.
        from: Priority,
        /// The priority after.
        to: Priority,
        /// That of the other side.
        against: Priority,
        /// Whether the end of the failure brings the addresses back.
        and_back: bool,
    },
    /// It does so together with other failures, or only once the other side has weakened.
    WithOthers,
    /// `nopreempt` on the other side ignores it, except when both start at once.
    OnlyAtStart,
    /// It never does.
    None(Idle),
}

/// Why a weight does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// A router of priority 255 keeps it whatever it tracks.
    OwnPriorityIsFixed,
    /// Even then its router has at least `least`, and the other at most `most`; equal is not enough.
    AlwaysAbove {
        /// Of the router that tracks it.
        least: Priority,
        /// Of the other.
        most: Priority,
    },
    /// Even without it its router has at most `most`, and the other at least `least`.
    AlwaysBelow {
        /// Of the router that tracks it.
        most: Priority,
        /// Of the other.
        least: Priority,
    },
    /// There is no outcome of the others in which it would be this one that decides.
    NeverTheLast,
}

/// The priority of an instance all of whose scripts are well.
pub(super) fn priority_when_well(instance: &Instance) -> Priority {
    let weights = instance.track_scripts.iter().map(|tracked| tracked.weight);
    let well: Vec<_> = weights
        .map(|weight| (weight, status(weight, true)))
        .collect();
    effective_priority(instance.priority, &well)
}

/// What there is to say about the scripts of both sides.
pub(super) fn findings(pair: &Pair<'_>, hear_each_other: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for side in Side::BOTH {
        for tracked in &pair[side].track_scripts {
            if !tracks(pair[side.other()], &tracked.script) {
                findings.push(Finding::ScriptOf(side, tracked.script.clone()));
            }
            if hear_each_other {
                findings.extend(script(pair, side, tracked).map(Finding::Script));
            }
        }
    }
    findings
}

fn tracks(instance: &Instance, script: &str) -> bool {
    instance
        .track_scripts
        .iter()
        .any(|tracked| tracked.script == script)
}

/// `None` where there is nothing worth saying: a Backup's script that counts once it is Active.
fn script(pair: &Pair<'_>, side: Side, tracked: &TrackedScript) -> Option<ScriptInfluence> {
    let influence = influence(pair, side, tracked);
    let is_active = priority_when_well(pair[side]) >= priority_when_well(pair[side.other()]);
    if influence == Influence::WithOthers && !is_active {
        return None;
    }
    Some(ScriptInfluence {
        side,
        script: tracked.script.clone(),
        weight: tracked.weight,
        influence,
    })
}

fn influence(pair: &Pair<'_>, side: Side, tracked: &TrackedScript) -> Influence {
    let (own, other) = (pair[side], pair[side.other()]);
    if tracked.weight.value == 0 {
        return Influence::Faults;
    }
    if own.priority.is_address_owner() {
        return Influence::None(Idle::OwnPriorityIsFixed);
    }
    let swings = swings(own, tracked);
    let against = reachable(other.priority, sums(&other.track_scripts, None));
    if !swings
        .iter()
        .any(|swing| against.iter().any(|other| swing.decides(*other)))
    {
        return Influence::None(idle(&swings, &against));
    }
    if !preempts(pair, side.other()) {
        return Influence::OnlyAtStart;
    }
    let alone = swing(own.priority, tracked.weight, sum_when_well(own, tracked));
    let against = priority_when_well(other);
    if !alone.decides(against) {
        return Influence::WithOthers;
    }
    Influence::HandsOver {
        from: alone.well,
        to: alone.ill,
        against,
        and_back: preempts(pair, side) && alone.well > against,
    }
}

/// What one script makes of a priority, under one outcome of its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Swing {
    well: Priority,
    ill: Priority,
}

impl Swing {
    /// Whether it makes the difference to a router of this priority, which takes over from a lower one and not from an equal one.
    fn decides(self, against: Priority) -> bool {
        self.well >= against && self.ill < against
    }
}

/// Every swing there can be.
fn swings(own: &Instance, tracked: &TrackedScript) -> BTreeSet<Swing> {
    sums(&own.track_scripts, Some(&tracked.script))
        .into_iter()
        .map(|others| swing(own.priority, tracked.weight, others))
        .collect()
}

fn swing(base: Priority, weight: Weight, others: i64) -> Swing {
    let with = |is_well| changed_priority(base, others + change(weight, is_well));
    Swing {
        well: with(true),
        ill: with(false),
    }
}

fn reachable(base: Priority, sums: BTreeSet<i64>) -> BTreeSet<Priority> {
    sums.into_iter()
        .map(|sum| changed_priority(base, sum))
        .collect()
}

/// What the scripts but `without` can add up to.
fn sums(scripts: &[TrackedScript], without: Option<&str>) -> BTreeSet<i64> {
    let others = scripts
        .iter()
        .filter(|tracked| Some(tracked.script.as_str()) != without);
    others.fold(BTreeSet::from([0]), |sums, tracked| {
        let outcomes = [true, false].map(|is_well| change(tracked.weight, is_well));
        sums.iter()
            .flat_map(|sum| outcomes.map(|change| sum + change))
            .collect()
    })
}

/// What its siblings add up to while they are well.
fn sum_when_well(own: &Instance, tracked: &TrackedScript) -> i64 {
    let siblings = own.track_scripts.iter();
    siblings
        .filter(|sibling| sibling.script != tracked.script)
        .map(|sibling| change(sibling.weight, true))
        .sum()
}

fn change(weight: Weight, is_well: bool) -> i64 {
    match weight.effect(status(weight, is_well)) {
        Effect::Priority(change) => change.into(),
        Effect::Fault | Effect::Awaited => 0,
    }
}

/// With `reverse` a script is well while it fails.
const fn status(weight: Weight, is_well: bool) -> ScriptStatus {
    if is_well == weight.reverse {
        ScriptStatus::Down
    } else {
        ScriptStatus::Up
    }
}

fn idle(swings: &BTreeSet<Swing>, against: &BTreeSet<Priority>) -> Idle {
    let least = swings.iter().map(|swing| swing.ill).min();
    let most = swings.iter().map(|swing| swing.well).max();
    match (least, most, against.first(), against.last()) {
        (Some(least), _, _, Some(highest)) if least >= *highest => Idle::AlwaysAbove {
            least,
            most: *highest,
        },
        (_, Some(most), Some(lowest), _) if most < *lowest => Idle::AlwaysBelow {
            most,
            least: *lowest,
        },
        _ => Idle::NeverTheLast,
    }
}
