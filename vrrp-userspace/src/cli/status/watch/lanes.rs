//! What happened lately, a column for each answer: who was what, who spoke, and whether somebody was not believed.

use std::collections::{BTreeMap, VecDeque};

use crate::daemon::{
    reasons::{is_rejection, reason},
    status::{Instance, Status},
};

/// Columns that are kept: no screen is wider.
const KEPT: usize = 512;

/// What is shown of an instance in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nobody knows.
    Unknown,
    /// It waits.
    Waits,
    /// It is MASTER, and said nothing.
    Active,
    /// It is MASTER and spoke, or waits and heard.
    Advertised,
    /// It let go with priority 0.
    Farewell,
    /// It takes no part.
    Out,
}

/// One answer, or none.
#[derive(Debug, Default)]
pub(super) struct Column {
    marks: BTreeMap<String, Mark>,
    /// Whether some advert was rejected since the column before.
    pub(super) is_rejecting: bool,
}

impl Column {
    /// What to show of an instance.
    pub(super) fn of(&self, instance: &str) -> Mark {
        self.marks.get(instance).copied().unwrap_or(Mark::Unknown)
    }
}

/// The columns, oldest first.
#[derive(Debug, Default)]
pub(super) struct Lanes(VecDeque<Column>);

impl Lanes {
    /// Adds what has changed from one answer to the next.
    pub(super) fn push(&mut self, before: Option<&Status>, now: Option<&Status>) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        // Counters of another life are no news.
        let before = before.filter(|before| now.is_some_and(|now| now.started == before.started));
        self.0
            .push_back(now.map_or_else(Column::default, |now| Column {
                marks: marks(before, now),
                is_rejecting: before.is_some_and(|before| rejected(now) > rejected(before)),
            }));
    }

    /// The last `count` columns, oldest first.
    pub(super) fn last(&self, count: usize) -> impl Iterator<Item = &Column> {
        self.0.iter().skip(self.0.len().saturating_sub(count))
    }
}

fn marks(before: Option<&Status>, now: &Status) -> BTreeMap<String, Mark> {
    let known = |one: &Instance| {
        let before = before?.instances.iter();
        before.into_iter().find(|other| other.name == one.name)
    };
    let instances = now.instances.iter();
    instances
        .map(|one| (one.name.clone(), mark(known(one), one)))
        .collect()
}

fn mark(before: Option<&Instance>, now: &Instance) -> Mark {
    let count =
        |count: fn(&Instance) -> u64| before.is_some_and(|before| count(now) > count(before));
    if count(|one| one.adverts.releases_sent) {
        return Mark::Farewell;
    }
    match now.state.as_str() {
        "MASTER" if count(|one| one.adverts.sent) => Mark::Advertised,
        "MASTER" => Mark::Active,
        "BACKUP" if count(|one| one.adverts.accepted) => Mark::Advertised,
        "BACKUP" => Mark::Waits,
        _ => Mark::Out,
    }
}

fn rejected(status: &Status) -> u64 {
    let interfaces = status.interfaces.iter();
    interfaces
        .flat_map(|one| one.counters.program.iter().chain(&one.counters.raw))
        .filter(|(name, _)| reason(name).is_some_and(is_rejection))
        .map(|(_, count)| count)
        .sum()
}
