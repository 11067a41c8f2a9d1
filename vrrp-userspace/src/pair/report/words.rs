//! A finding as a sentence: what it is, what comes of it, what to do.

use std::{fmt, net::IpAddr, time::Duration};

use super::Names;
use crate::{
    pair::{Both, Finding, Idle, Influence, ScriptInfluence, Side},
    tracking::Weight,
};

/// Addresses that are named before the rest is only counted.
const NAMED: usize = 3;

/// What a finding says.
pub(super) fn sentence(finding: &Finding, names: &Names) -> String {
    let Both { first, second } = names;
    match finding {
        Finding::Version(Both { first: a, second: b }) => format!(
            "{first} speaks version {}, {second} version {}; set `version` or `vrrp_version` alike",
            a.number(),
            b.number()
        ),
        Finding::UnicastOf(side) => format!(
            "{} speaks to `unicast_peer`s and {} to a group, so neither hears the other; write peers in both or in none",
            names[*side],
            names[side.other()]
        ),
        Finding::Group(Both { first: a, second: b }) => format!(
            "{first} speaks to the group {a}, {second} to {b}; set `mcast_dst_ip` or `vrrp_mcast_group4` and `vrrp_mcast_group6` alike"
        ),
        Finding::NotAPeer(side, source) => format!(
            "{}, which speaks from {source}, is no `unicast_peer` of {} and never hears it; add it",
            names[side.other()],
            names[*side]
        ),
        Finding::Unheard(side, source) => format!(
            "{}, which speaks from {source}, is not among the `vrrp_peers` of {}, which drops what it says; add it",
            names[side.other()],
            names[*side]
        ),
        Finding::AuthenticationOf(side) => format!(
            "only {} has `authentication`; write it in both or in none",
            names[*side]
        ),
        Finding::Password => {
            "`auth_pass` differs in the eight bytes that are sent; set it alike".to_owned()
        }
        Finding::Interval(intervals) => format!(
            "{}, which version 2 rejects; set it alike",
            intervals_of(intervals, names)
        ),
        Finding::IntervalAdopted(intervals) => format!(
            "{}: the Backup adopts that of the Active, so what is measured above depends on who it is; set it alike",
            intervals_of(intervals, names)
        ),
        Finding::SamePriority(priority) => format!(
            "both have priority {priority}: who is Active stays, and of two that speak at once the one with the higher primary \
             address wins, which no file knows; give one of them more"
        ),
        Finding::BothOwn => {
            "both have priority 255: each takes the addresses at its start and ignores its weights, and then the one with the \
             higher primary address keeps them, which no file knows; 255 is for one router at most"
                .to_owned()
        }
        Finding::BothOwnAndIgnore => {
            "both have priority 255 and `owner_ignore_adverts`, so neither ever gives way; 255 is for one router at most"
                .to_owned()
        }
        Finding::NopreemptOf(side) => {
            let (with, without) = (&names[*side], &names[side.other()]);
            format!(
                "only {with} has `nopreempt` in effect: {without} takes over from a lower priority and {with} does not; write it \
                 in both or in none"
            )
        }
        Finding::NopreemptWithoutEffect(side) => format!(
            "`nopreempt` in {} has no effect: it needs `state BACKUP` and a priority below 255",
            names[*side]
        ),
        Finding::Addresses(only) => format!(
            "{}: they come and go with who is Active",
            differing(only, names, "would hold")
        ),
        Finding::Advertised(only) => format!(
            "{}: adverts are accepted and a line in the log complains, but a keepalived up to 2.3.2 rejects them, and then both \
             are Active",
            differing(only, names, "advertises")
        ),
        Finding::Order => {
            "the addresses stand in another order: a line in the log says so, and nothing else comes of it".to_owned()
        }
        Finding::Interface(Both { first: a, second: b }) => {
            format!("the interface is `{a}` in {first} and `{b}` in {second}; they must be on one link")
        }
        Finding::ScriptOf(side, script) => {
            format!("only {} tracks `{script}`", names[*side])
        }
        Finding::Script(script) => script_sentence(script, names),
    }
}

fn script_sentence(script: &ScriptInfluence, names: &Names) -> String {
    let (own, other) = (&names[script.side], &names[script.side.other()]);
    let (name, weight) = (&script.script, Spelled(script.weight));
    let fails = if script.weight.reverse {
        "succeeds"
    } else {
        "fails"
    };
    match script.influence {
        Influence::Faults => format!(
            "`{name}` of {own} has no weight: when it {fails}, {own} is in fault, and {other} takes over as after a stop"
        ),
        Influence::HandsOver {
            from,
            to,
            against,
            and_back,
        } => {
            let back = if and_back {
                "takes over again when that is over"
            } else {
                "does not take over again when that is over"
            };
            format!(
                "when `{name}` of {own} {fails}, its priority goes from {from} to {to}, and {other} with {against} takes over as after a \
                 crash; {own} {back}"
            )
        }
        Influence::WithOthers => format!(
            "`{name}` of {own} (weight {weight}) hands over only together with other scripts, not alone"
        ),
        Influence::OnlyAtStart => format!(
            "`{name}` of {own} (weight {weight}) cannot change who is Active: {other} has `nopreempt` and ignores a lower priority; \
             it counts only if both start together"
        ),
        Influence::None(idle) => format!(
            "`{name}` of {own} (weight {weight}) can never change the election: {}",
            reason(idle, own, other)
        ),
    }
}

fn reason(idle: Idle, own: &str, other: &str) -> String {
    match idle {
        Idle::OwnPriorityIsFixed => format!("{own} keeps priority 255 whatever it tracks"),
        Idle::AlwaysAbove { least, most } if least == most => format!(
            "{own} has at least {least} even then, {other} at most as much, and nobody takes over from an equal priority"
        ),
        Idle::AlwaysAbove { least, most } => {
            format!("{own} has at least {least} even then, and {other} at most {most}")
        }
        Idle::AlwaysBelow { most, least } => {
            format!("{own} has at most {most} in any case, and {other} at least {least}")
        }
        Idle::NeverTheLast => {
            "whatever the other scripts say, the same one is Active with it and without it"
                .to_owned()
        }
    }
}

fn intervals_of(intervals: &Both<Duration>, names: &Names) -> String {
    format!(
        "`advert_int` is {} in {} and {} in {}",
        Millis(intervals.first),
        names.first,
        Millis(intervals.second),
        names.second
    )
}

/// `only a.conf would hold 10.0.0.1; only b.conf would hold 10.0.0.2`
fn differing(only: &Both<Vec<IpAddr>>, names: &Names, does: &str) -> String {
    let sides = Side::BOTH
        .into_iter()
        .filter(|side| !only[*side].is_empty());
    let said = sides.map(|side| format!("only {} {does} {}", names[side], list(&only[side])));
    said.collect::<Vec<_>>().join("; ")
}

fn list(addresses: &[IpAddr]) -> String {
    let named = addresses.iter().take(NAMED).map(ToString::to_string);
    let named = named.collect::<Vec<_>>().join(", ");
    match addresses.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// A duration in milliseconds, exact to the nanosecond.
pub(super) struct Millis(pub(super) Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let (whole, rest) = (nanos / 1_000_000, nanos % 1_000_000);
        let decimals = format!("{rest:06}");
        let decimals = decimals.trim_end_matches('0');
        if decimals.is_empty() {
            write!(f, "{whole} ms")
        } else {
            write!(f, "{whole}.{decimals} ms")
        }
    }
}

/// A weight as the file spells it.
struct Spelled(Weight);

impl fmt::Display for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Weight { value, reverse } = self.0;
        write!(f, "{value}{}", if reverse { " reverse" } else { "" })
    }
}
