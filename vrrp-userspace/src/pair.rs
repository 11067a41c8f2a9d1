//! What do two configurations make of each other? Two [`Config`]s in, a [`Comparison`] out.
//!
//! Each side is a router of its own on the same link. What both say together decides who is Active, how long it takes the
//! other to notice, and whether a weight can ever change that: [`election`] and [`weights`] compute it with the election's own
//! arithmetic, [`hearing`] and [`addresses`] find what disagrees. [`report`] puts it into words.
//!
//! What is not here: the host. Whether a script or an interface exists is for `check` on the machine concerned, and the
//! addresses that the routers speak from stand in no file.

mod addresses;
mod election;
mod finding;
mod hearing;
mod matching;
mod report;
mod weights;

use std::ops::Index;

pub use self::{
    election::{Election, Return, Takeover},
    finding::{Finding, Gravity},
    weights::{Idle, Influence, ScriptInfluence},
};
use crate::{
    config::{Config, Instance},
    protocol::Vrid,
};

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The file named first.
    First,
    /// The file named second.
    Second,
}

impl Side {
    /// In their order.
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];

    /// The one across.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// Something that each side has one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Both<T> {
    /// The first one's.
    pub first: T,
    /// The second one's.
    pub second: T,
}

impl<T> Both<T> {
    /// What `of` says of each side.
    pub fn each(mut of: impl FnMut(Side) -> T) -> Self {
        Self {
            first: of(Side::First),
            second: of(Side::Second),
        }
    }
}

impl<T: PartialEq> Both<T> {
    /// Whether there is no difference.
    pub fn agree(&self) -> bool {
        self.first == self.second
    }
}

impl<T> Index<Side> for Both<T> {
    type Output = T;

    fn index(&self, side: Side) -> &T {
        match side {
            Side::First => &self.first,
            Side::Second => &self.second,
        }
    }
}

/// The instances of one virtual router.
pub(crate) type Pair<'a> = Both<&'a Instance>;

/// Everything there is to say about two configurations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// The virtual routers that both sides have, in the order of the first file.
    pub routers: Vec<RouterComparison>,
    /// Those that only one side has.
    pub alone: Vec<Alone>,
    /// Instances that would not start, so that nothing is known about them.
    pub refused: Vec<Refused>,
}

/// What two instances make of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterComparison {
    /// Their number.
    pub vrid: Vrid,
    /// What each side calls it.
    pub names: Both<String>,
    /// Who is Active, and what happens when that ends.
    pub election: Election,
    /// What else there is to say; complaints first.
    pub findings: Vec<Finding>,
}

/// A virtual router of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alone {
    /// Who has it.
    pub side: Side,
    /// Its number.
    pub vrid: Vrid,
    /// Its configured name.
    pub name: String,
}

/// An instance that would not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whose it is.
    pub side: Side,
    /// Its configured name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Compares two configurations.
#[must_use]
pub fn compare(configs: &Both<&Config>) -> Comparison {
    let (pairs, alone) = matching::pairs(configs);
    let refused = Side::BOTH.into_iter().flat_map(|side| {
        configs[side].refused.iter().map(move |refused| Refused {
            side,
            name: refused.name.clone(),
            reason: refused.reason.clone(),
        })
    });
    Comparison {
        routers: pairs.iter().map(compare_routers).collect(),
        alone,
        refused: refused.collect(),
    }
}

fn compare_routers(pair: &Pair<'_>) -> RouterComparison {
    let mut findings = hearing::findings(pair);
    let hear_each_other = !findings.iter().any(Finding::deafens);
    findings.extend(election::findings(pair, hear_each_other));
    findings.extend(addresses::findings(pair));
    findings.extend(weights::findings(pair, hear_each_other));
    // A stable sort: what was found first is said first.
    findings.sort_by_key(Finding::gravity);
    RouterComparison {
        vrid: pair.first.vrid,
        names: Both::each(|side| pair[side].name.clone()),
        election: if hear_each_other {
            election::decide(pair)
        } else {
            Election::BothActive
        },
        findings,
    }
}

impl Comparison {
    /// Whether anything is wrong, rather than worth knowing.
    #[must_use]
    pub fn has_complaints(&self) -> bool {
        self.count(Gravity::Complaint) > 0
    }

    /// How many findings weigh so much.
    #[must_use]
    pub fn count(&self, gravity: Gravity) -> usize {
        let findings = self.routers.iter().flat_map(|router| &router.findings);
        let found = findings
            .filter(|finding| finding.gravity() == gravity)
            .count();
        match gravity {
            Gravity::Complaint => found + self.alone.len() + self.refused.len(),
            Gravity::Note => found,
        }
    }
}

#[cfg(test)]
mod tests;
