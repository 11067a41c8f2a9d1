//! Do they accept each other's adverts? The checks of RFC 9568 §7.1 and RFC 3768 §7.1 that a configuration decides.

use super::{Both, Finding, Pair, Side};
use crate::protocol::{Authentication, Version};

/// What keeps them from hearing each other, or makes them hear something else than they say.
pub(super) fn findings(pair: &Pair<'_>) -> Vec<Finding> {
    let versions = Both::each(|side| pair[side].version);
    if !versions.agree() {
        // Whatever else differs is never looked at.
        return vec![Finding::Version(versions)];
    }
    if let Some(finding) = circle(pair) {
        return vec![finding];
    }
    let strangers = Side::BOTH
        .into_iter()
        .filter_map(|side| not_a_peer(pair, side).or_else(|| unheard(pair, side)));
    strangers
        .chain(owners(pair))
        .chain(authentication(pair))
        .chain(interval(pair))
        .chain(interface(pair))
        .collect()
}

/// What goes to another circle never meets the checks of this one.
fn circle(pair: &Pair<'_>) -> Option<Finding> {
    let groups = Both::each(|side| pair[side].reach.audience.group());
    match (groups.first, groups.second) {
        (Some(first), Some(second)) if first != second => {
            Some(Finding::Group(Both { first, second }))
        }
        (None, Some(_)) => Some(Finding::UnicastOf(Side::First)),
        (Some(_), None) => Some(Finding::UnicastOf(Side::Second)),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// Known only where a file says what it speaks from.
fn not_a_peer(pair: &Pair<'_>, side: Side) -> Option<Finding> {
    let source = pair[side.other()].reach.source?;
    let audience = &pair[side].reach.audience;
    let is_known = audience.peers().iter().any(|peer| peer.address == source);
    (audience.group().is_none() && !is_known).then_some(Finding::NotAPeer(side, source))
}

/// `vrrp_peers`; known in the same case.
fn unheard(pair: &Pair<'_>, side: Side) -> Option<Finding> {
    let source = pair[side.other()].reach.source?;
    let known = pair[side].reach.listens_to.as_ref()?;
    (!known.contains(&source)).then_some(Finding::Unheard(side, source))
}

/// `owner_ignore_adverts`
fn owners(pair: &Pair<'_>) -> Option<Finding> {
    let ignores = |side: Side| {
        let instance = pair[side];
        instance.priority.is_address_owner() && !instance.conduct.owner_listens
    };
    Side::BOTH
        .into_iter()
        .all(ignores)
        .then_some(Finding::BothOwnAndIgnore)
}

/// The first eight bytes of a password are all that is sent; the configuration has no others.
fn authentication(pair: &Pair<'_>) -> Option<Finding> {
    let (first, second) = (pair.first.authentication, pair.second.authentication);
    match (first, second) {
        (Authentication::None, Authentication::None) => None,
        (Authentication::Password(_), Authentication::None) => {
            Some(Finding::AuthenticationOf(Side::First))
        }
        (Authentication::None, Authentication::Password(_)) => {
            Some(Finding::AuthenticationOf(Side::Second))
        }
        (Authentication::Password(first), Authentication::Password(second)) => {
            (first != second).then_some(Finding::Password)
        }
    }
}

fn interval(pair: &Pair<'_>) -> Option<Finding> {
    let intervals = Both::each(|side| pair[side].advertisement_interval);
    if intervals.agree() {
        return None;
    }
    Some(match pair.first.version {
        Version::V2 => Finding::Interval(intervals),
        Version::V3 => Finding::IntervalAdopted(intervals),
    })
}

/// A link may have another name on each node.
fn interface(pair: &Pair<'_>) -> Option<Finding> {
    let interfaces = Both::each(|side| pair[side].interface.clone());
    (!interfaces.agree()).then_some(Finding::Interface(interfaces))
}
