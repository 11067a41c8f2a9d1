//! What differs between two plans, in words.
//!
//! Pure: for the log of a reload, and for `xvrrpd check --against-running`.

use std::fmt::Display;

use crate::{
    daemon::plan::{InterfacePlan, Plan, RouterPlan},
    system::{netlink::InterfaceAddress, runner::TrackedScript},
};

/// One line for each difference: nothing for what stays as it is.
pub(super) fn differences(before: &Plan, after: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for (slot, old) in &before.routers {
        match after.routers.get(slot) {
            None => lines.push(format!(
                "({}) leaves with priority 0, and its addresses go",
                old.settings.name
            )),
            Some(new) => router(old, new, &mut lines),
        }
    }
    for (slot, new) in &after.routers {
        if !before.routers.contains_key(slot) {
            let settings = &new.settings;
            lines.push(format!(
                "({}) joins on {} with VRID {} and priority {}",
                settings.name,
                settings.interface,
                settings.vrid.get(),
                settings.priority
            ));
        }
    }
    scripts(before, after, &mut lines);
    interfaces(before, after, &mut lines);
    lines
}

fn router(old: &RouterPlan, new: &RouterPlan, lines: &mut Vec<String>) {
    let (before, after) = (&old.settings, &new.settings);
    let mut own = Vec::new();
    from_to("the name", &before.name, &after.name, &mut own);
    from_to("`priority`", before.priority, after.priority, &mut own);
    let seconds = |interval: std::time::Duration| format!("{} ms", interval.as_millis());
    let (was, is) = (before.advertisement_interval, after.advertisement_interval);
    from_to("`advert_int`", seconds(was), seconds(is), &mut own);
    let (was, is) = (before.version.number(), after.version.number());
    from_to("`version`", was, is, &mut own);
    let nopreempt = |preempt: bool| if preempt { "off" } else { "on" };
    let (was, is) = (nopreempt(before.preempt), nopreempt(after.preempt));
    from_to("`nopreempt`", was, is, &mut own);
    addresses(&old.addresses, &new.addresses, &mut own);
    for (has_changed, what) in [
        (
            old.template.authentication != new.template.authentication,
            "`authentication`",
        ),
        (
            before.virtual_addresses != after.virtual_addresses,
            "the list of advertised addresses",
        ),
        (
            before.announcements != after.announcements,
            "when addresses are announced",
        ),
        (old.tracked != new.tracked, "what is tracked"),
        (old.notify != new.notify, "what is run at transitions"),
        (old.sends_mail != new.sends_mail, "`smtp_alert`"),
        (
            old.drops_valid_adverts != new.drops_valid_adverts,
            "`xdp_valid_adverts`",
        ),
        (old.garp_guard != new.garp_guard, "`xdp_garp_guard`"),
    ] {
        if has_changed {
            own.push(format!("{what} changes"));
        }
    }
    lines.extend(
        own.into_iter()
            .map(|line| format!("({}) {line}", before.name)),
    );
}

fn from_to<T: Display + PartialEq>(what: &str, before: T, after: T, lines: &mut Vec<String>) {
    if before != after {
        lines.push(format!("{what} changes from {before} to {after}"));
    }
}

fn addresses(before: &[InterfaceAddress], after: &[InterfaceAddress], lines: &mut Vec<String>) {
    let gone = before.iter().filter(|address| !after.contains(address));
    lines.extend(gone.map(|address| format!("{address} goes")));
    let new = after.iter().filter(|address| !before.contains(address));
    lines.extend(new.map(|address| format!("{address} comes")));
}

fn scripts(before: &Plan, after: &Plan, lines: &mut Vec<String>) {
    let named = |plan: &Plan, name: &str| -> Option<TrackedScript> {
        let mut scripts = plan.tracked.iter();
        scripts.find(|script| script.name == name).cloned()
    };
    for old in &before.tracked {
        match named(after, &old.name) {
            None => lines.push(format!("script {} is run no more", old.name)),
            Some(new) if new == *old => {}
            Some(new) if new.index == old.index => {
                lines.push(format!(
                    "script {} keeps what it said and runs with other times",
                    old.name
                ));
            }
            Some(_) => lines.push(format!(
                "script {} has another command, and keeps what it said until that has spoken",
                old.name
            )),
        }
    }
    let new = after
        .tracked
        .iter()
        .filter(|new| named(before, &new.name).is_none());
    lines.extend(new.map(|new| format!("script {} is run from now on", new.name)));
}

fn interfaces(before: &Plan, after: &Plan, lines: &mut Vec<String>) {
    let is_in = |plan: &Plan, one: &InterfacePlan| plan.port_of(&one.name).is_some();
    let gone = before.interfaces.values().filter(|one| !is_in(after, one));
    lines.extend(gone.map(|one| format!("{} is let go", one.name)));
    let new = after.interfaces.values().filter(|one| !is_in(before, one));
    lines.extend(new.map(|one| format!("{} is brought up", one.name)));
    for (port, old) in &before.interfaces {
        if after
            .interfaces
            .get(port)
            .is_some_and(|new| new.xdp_mode != old.xdp_mode)
        {
            lines.push(format!(
                "`xdp_mode` on {} changes at the next start only",
                old.name
            ));
        }
    }
}
