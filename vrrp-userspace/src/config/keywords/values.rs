//! Values that several tables read the same way.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use vrrp_ebpf::wire::{ipv4, ipv6};

use super::super::{
    draft::{ConductDraft, GarpDraft, TrackedScriptDraft},
    model::{GarpGuard, ScriptCommand, ValidAdverts, VipInstall, Weight, XdpMode},
    script,
    words::{Problem, Words},
};
use crate::protocol::{Family, Version};

/// keepalived's limit: one less than the distance between the least and the greatest priority of a Backup.
const GREATEST_WEIGHT: i16 = 253;

/// `<number> [reverse|noreverse]`
pub(super) fn weight(words: &mut Words<'_>) -> Result<Weight, Problem> {
    let value = words.number(-GREATEST_WEIGHT..=GREATEST_WEIGHT)?;
    let reverse = words.take("reverse");
    if !reverse {
        words.take("noreverse");
    }
    Ok(Weight { value, reverse })
}

/// An address of either family, without a prefix length.
pub(super) fn address(words: &mut Words<'_>) -> Result<IpAddr, Problem> {
    let word = words.word("an address")?;
    let address = word.text.parse();
    address.map_err(|_| Problem::error("needs an address").at(word, "not an address"))
}

/// An address that a host can have: no group, and not everybody, nobody or this host alone.
pub(super) fn host(words: &mut Words<'_>) -> Result<IpAddr, Problem> {
    let word = words.peek();
    let address = address(words)?;
    match word {
        Some(word) if !can_be_of_a_host(address) => {
            Err(Problem::error("needs the address of a host").at(word, "of no host on a link"))
        }
        Some(_) | None => Ok(address),
    }
}

fn can_be_of_a_host(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => ipv4::can_be_source(address.octets()),
        IpAddr::V6(address) => ipv6::can_be_source(address.octets()),
    }
}

/// The address of a group (RFC 1112 §4, RFC 4291 §2.7).
pub(super) fn group(words: &mut Words<'_>) -> Result<IpAddr, Problem> {
    let word = words.peek();
    let group = address(words)?;
    match word {
        Some(word) if !group.is_multicast() => {
            Err(Problem::error("needs the address of a group").at(word, "not a group"))
        }
        Some(_) | None => Ok(group),
    }
}

/// The address of a group of one family.
pub(super) fn group_of(family: Family, words: &mut Words<'_>) -> Result<IpAddr, Problem> {
    let word = words.peek();
    let group = group(words)?;
    match word {
        Some(word) if Family::of(group) != family => {
            Err(Problem::error("needs a group of its own family").at(word, "of the other family"))
        }
        Some(_) | None => Ok(group),
    }
}

/// `2` or `3`
pub(super) fn version(words: &mut Words<'_>) -> Result<Version, Problem> {
    words.choice(&[("2", Version::V2), ("3", Version::V3)])
}

/// `[<address>:]<port>`, on the loopback interface unless an address says otherwise.
pub(super) fn listen(words: &mut Words<'_>) -> Result<SocketAddr, Problem> {
    let word = words.word("a port, or an address and a port")?;
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let address = word.text.parse().map(local);
    let address = address.or_else(|_| word.text.parse::<SocketAddr>());
    let Some(address) = address.ok().filter(|address| address.port() > 0) else {
        return Err(Problem::error("must be a port, or an address and a port")
            .at(word, "neither")
            .help("metrics_listen 9650, or 127.0.0.1:9650, or [::1]:9650"));
    };
    if !address.ip().is_loopback() {
        let port = address.port();
        words.tell(
            Problem::warning("lets everybody read who reaches this address")
                .at(word, "not on the loopback interface")
                .now("it listens there, without password and encryption")
                .help(format!(
                    "metrics_listen {port}, and a proxy that asks who it is"
                )),
        );
    }
    Ok(address)
}

/// Seconds that keepalived reads without decimals.
pub(super) fn whole_seconds(words: &mut Words<'_>) -> Result<Duration, Problem> {
    words
        .number(0..=u32::MAX)
        .map(|seconds| Duration::from_secs(u64::from(seconds)))
}

pub(super) fn garp_delay(garp: &mut GarpDraft, words: &mut Words<'_>) -> Result<(), Problem> {
    garp.delay = Some(whole_seconds(words)?);
    Ok(())
}

/// keepalived: zero means one.
pub(super) fn garp_repeat(garp: &mut GarpDraft, words: &mut Words<'_>) -> Result<(), Problem> {
    garp.repeat = Some(words.number(0..=u32::MAX)?.max(1));
    Ok(())
}

pub(super) fn garp_refresh(garp: &mut GarpDraft, words: &mut Words<'_>) -> Result<(), Problem> {
    garp.refresh = Some(whole_seconds(words)?);
    Ok(())
}

pub(super) fn garp_refresh_repeat(
    garp: &mut GarpDraft,
    words: &mut Words<'_>,
) -> Result<(), Problem> {
    garp.refresh_repeat = Some(words.number(0..=u32::MAX)?.max(1));
    Ok(())
}

/// keepalived: 1 to 100.
pub(super) fn down_timer_adverts(
    conduct: &mut ConductDraft,
    words: &mut Words<'_>,
) -> Result<(), Problem> {
    conduct.silent_intervals = Some(words.number(1..=100)?);
    Ok(())
}

pub(super) fn xdp_mode(words: &mut Words<'_>) -> Result<XdpMode, Problem> {
    words.choice(&[
        ("auto", XdpMode::Auto),
        ("native", XdpMode::Native),
        ("generic", XdpMode::Generic),
        ("off", XdpMode::Off),
    ])
}

pub(super) fn vip_install(words: &mut Words<'_>) -> Result<VipInstall, Problem> {
    words.choice(&[
        ("auto", VipInstall::Auto),
        ("address", VipInstall::Address),
        ("route", VipInstall::Route),
    ])
}

pub(super) fn valid_adverts(words: &mut Words<'_>) -> Result<ValidAdverts, Problem> {
    words.choice(&[("pass", ValidAdverts::Pass), ("drop", ValidAdverts::Drop)])
}

pub(super) fn garp_guard(words: &mut Words<'_>) -> Result<GarpGuard, Problem> {
    words.choice(&[
        ("alert", GarpGuard::Alert),
        ("drop", GarpGuard::Drop),
        ("off", GarpGuard::Off),
    ])
}

/// keepalived: of two scripts for one occasion the first counts.
pub(super) fn notify(
    slot: &mut Option<ScriptCommand>,
    words: &mut Words<'_>,
) -> Result<(), Problem> {
    let command = script::command(words)?;
    if let Some(first) = slot {
        return Err(Problem::warning("is given twice")
            .at_span(command.place.0, "second")
            .also(first.place.0.clone(), "first")
            .now("the first one counts, as in keepalived"));
    }
    *slot = Some(command);
    Ok(())
}

/// A line of `track_script`: `<script> [weight <number> [reverse|noreverse]]`
pub(super) fn tracked_script(words: &mut Words<'_>) -> Result<TrackedScriptDraft, Problem> {
    let name = words.word("the name of a script")?.clone();
    let own = words.take("weight").then(|| weight(words));
    let weight = match own {
        Some(Err(problem)) => {
            words.tell(problem.now("the weight of the script is used"));
            None
        }
        Some(Ok(weight)) => Some(weight),
        None => None,
    };
    Ok(TrackedScriptDraft { name, weight })
}
