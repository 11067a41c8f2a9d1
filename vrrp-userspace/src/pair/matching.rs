//! Which instance of one file meets which of the other.
//!
//! On the wire it is the VRID and the family that count. Two nodes may call the same link by different names, so the name of the interface
//! decides only where one file has a VRID more than once, and so do the group or unicast, which may be a mistake.

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
    let is_same = |one: &Instance| one.vrid == first.vrid && one.family == first.family;
    let on_same_link = |one: &Instance| is_same(one) && one.interface == first.interface;
    let in_same_circle = |one: &Instance| {
        on_same_link(one) && one.reach.audience.circle() == first.reach.audience.circle()
    };
    let the_only = |is_like: &dyn Fn(&Instance) -> bool| {
        let here = siblings.iter().filter(|one| is_like(one)).count();
        let there = candidates.iter().filter(|one| is_like(one)).count();
        (here == 1 && there == 1)
            .then(|| candidates.iter().position(|one| is_like(one)))
            .flatten()
    };
    candidates
        .iter()
        .position(|one| in_same_circle(one))
        .or_else(|| the_only(&on_same_link))
        .or_else(|| the_only(&is_same))
}
