//! Which instance of one file meets which of the other.
//!
//! On the wire it is the VRID that counts. Two nodes may call the same link by different names, so the name of the interface
//! decides only where one file has a VRID more than once.

use super::{Alone, Both, Pair, Side};
use crate::config::{Config, Instance};

/// The instances that meet, and those that meet nobody.
pub(super) fn pairs<'a>(configs: &Both<&'a Config>) -> (Vec<Pair<'a>>, Vec<Alone>) {
    let mut left: Both<Vec<&Instance>> =
        Both::each(|side| configs[side].instances.iter().collect());
    let mut pairs = Vec::new();
    for first in std::mem::take(&mut left.first) {
        match partner(first, &configs.first.instances, &left.second) {
            Some(at) => pairs.push(Both {
                first,
                second: left.second.remove(at),
            }),
            None => left.first.push(first),
        }
    }
    let alone = Side::BOTH.into_iter().flat_map(|side| {
        left[side].iter().map(move |instance| Alone {
            side,
            vrid: instance.vrid,
            name: instance.name.clone(),
        })
    });
    let alone = alone.collect();
    (pairs, alone)
}

/// The place of the one that `first` meets.
fn partner(first: &Instance, siblings: &[Instance], candidates: &[&Instance]) -> Option<usize> {
    let same_link = candidates
        .iter()
        .position(|second| second.vrid == first.vrid && second.interface == first.interface);
    let is_only_one = |count: usize| count == 1;
    let here = siblings.iter().filter(|one| one.vrid == first.vrid).count();
    let there = candidates.iter().filter(|one| one.vrid == first.vrid);
    same_link.or_else(|| {
        if !is_only_one(here) || !is_only_one(there.count()) {
            return None;
        }
        candidates
            .iter()
            .position(|second| second.vrid == first.vrid)
    })
}
