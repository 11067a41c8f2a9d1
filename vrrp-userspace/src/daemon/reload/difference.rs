//! What differs between two plans, in words.
//!
//! Pure: for the log of a reload, and for `xvrrpd check --against-running`.

use std::{collections::BTreeMap, fmt::Display, net::IpAddr};

use crate::{
    config::XdpMode,
    daemon::plan::{InterfacePlan, Plan, RouterPlan},
    guard::ScriptIndex,
    system::{netlink::InterfaceAddress, runner::TrackedScript},
    tracking::Weight,
};

/// One line for each difference: nothing for what stays as it is. `why_without` says why no interface can have the XDP program, if so.
pub(super) fn differences(before: &Plan, after: &Plan, why_without: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    for (slot, old) in &before.routers {
        match after.routers.get(slot) {
            None => lines.push(format!(
                "({}) leaves with priority 0, and its addresses go",
                old.settings.name
            )),
            Some(new) => {
                let is_tracked_alike = tracked_by(before, old) == tracked_by(after, new);
                router(old, new, is_tracked_alike, &mut lines);
            }
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
    groups(before, after, &mut lines);
    scripts(before, after, &mut lines);
    interfaces(before, after, why_without, &mut lines);
    lines
}

fn groups(before: &Plan, after: &Plan, lines: &mut Vec<String>) {
    let named = |plan: &Plan| -> Vec<(String, Vec<String>)> {
        let member = |slot: &usize| {
            let router = plan.routers.get(slot);
            router.map_or_else(String::new, |router| router.settings.name.clone())
        };
        let groups = plan.groups.iter().map(|plan| &plan.group);
        groups
            .map(|group| {
                (
                    group.name.clone(),
                    group.members.iter().map(member).collect(),
                )
            })
            .collect()
    };
    let (old, new) = (named(before), named(after));
    for (name, members) in &new {
        match old.iter().find(|(other, _)| other == name) {
            None => lines.push(format!(
                "the sync group {name} begins: {}",
                members.join(", ")
            )),
            Some((_, before)) if before != members => lines.push(format!(
                "the sync group {name} has other members: {}",
                members.join(", ")
            )),
            Some(_) => {}
        }
    }
    let is_gone = |name: &String| !new.iter().any(|(other, _)| other == name);
    let gone = old.iter().filter(|(name, _)| is_gone(name));
    lines.extend(gone.map(|(name, _)| format!("the sync group {name} ends")));
}

/// The scripts that a router tracks by their names: that one has another command is told of the script.
fn tracked_by<'a>(plan: &'a Plan, router: &RouterPlan) -> Vec<(Option<&'a str>, Weight)> {
    let name = |index: ScriptIndex| {
        let mut tracked = plan.tracked.iter();
        let script = tracked.find(|script| script.index == index);
        script.map(|script| script.name.as_str())
    };
    let tracked = router.tracked.iter();
    tracked
        .map(|(index, weight)| (name(*index), *weight))
        .collect()
}

fn router(old: &RouterPlan, new: &RouterPlan, is_tracked_alike: bool, lines: &mut Vec<String>) {
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
        (old.reach != new.reach, "whom it speaks to, or from where"),
        (old.accepts != new.accepts, "who may reach its addresses"),
        (
            old.macvlans != new.macvlans || old.speaks_as != new.speaks_as,
            "`use_vmac`",
        ),
        (!is_tracked_alike, "what is tracked"),
        (
            before.conduct != after.conduct,
            "its conduct in the election",
        ),
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
    fn by_key(list: &[InterfaceAddress]) -> BTreeMap<(&str, IpAddr, u8), &InterfaceAddress> {
        let all = list.iter();
        all.map(|address| (address.key(), address)).collect()
    }
    let (known, wanted) = (by_key(before), by_key(after));
    for old in before {
        match wanted.get(&old.key()) {
            None => lines.push(format!("{old} goes")),
            Some(new) => properties(old, new, lines),
        }
    }
    let new = after.iter().filter(|new| !known.contains_key(&new.key()));
    lines.extend(new.map(|address| format!("{address} comes")));
}

/// What is different about an address that stays what it is.
fn properties(old: &InterfaceAddress, new: &InterfaceAddress, lines: &mut Vec<String>) {
    let changed = [
        (old.label != new.label, "label"),
        (old.broadcast != new.broadcast, "broadcast address"),
        (old.scope != new.scope, "scope"),
        (old.form != new.form, "form"),
    ];
    let changed: Vec<_> = changed
        .into_iter()
        .filter_map(|(is_other, what)| is_other.then_some(what))
        .collect();
    if !changed.is_empty() {
        let what = changed.join(" and ");
        lines.push(format!("{old} goes and comes back with another {what}"));
    }
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

fn interfaces(before: &Plan, after: &Plan, why_without: Option<&str>, lines: &mut Vec<String>) {
    let is_in = |plan: &Plan, one: &InterfacePlan| plan.port_of(&one.name).is_some();
    let gone = before.interfaces.values().filter(|one| !is_in(after, one));
    lines.extend(gone.map(|one| format!("{} is let go", one.name)));
    let new = after.interfaces.values().filter(|one| !is_in(before, one));
    lines.extend(new.map(|one| match why_without {
        Some(why) if one.xdp_mode != XdpMode::Off => {
            format!("{} is brought up on raw sockets: {why}", one.name)
        }
        Some(_) | None => format!("{} is brought up", one.name),
    }));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{LoadOptions, MapSource, load};
    use crate::system::netlink::Obstacles;

    const RUNNING: &str = "vrrp_script chk {\n script /bin/true\n}\n\
                           vrrp_instance A {\n interface eth0\n virtual_router_id 1\n track_script {\n chk\n }\n \
                           virtual_ipaddress {\n 10.0.0.1\n 10.0.0.2\n }\n}\n";

    fn next(before: &Plan, text: &str) -> Plan {
        let source = MapSource::single("a.conf", text);
        let (config, _) = load(&source, "a.conf", &LoadOptions::default());
        before.next(
            &config,
            &|_| Some((0, 0)),
            &BTreeSet::new(),
            &Obstacles::default(),
        )
    }

    /// What is said when `old` is replaced by `new`.
    fn said(old: &str, new: &str, why_without: Option<&str>) -> Vec<String> {
        assert!(RUNNING.contains(old));
        let before = next(&Plan::default(), RUNNING);
        let after = next(&before, &RUNNING.replace(old, new));
        differences(&before, &after, why_without)
    }

    #[test]
    fn an_address_with_another_label_is_one_line_that_says_so() {
        let label = said("10.0.0.2\n", "10.0.0.2 label eth0:1 brd 10.0.0.255\n", None);
        assert_eq!(
            label,
            [
                "(A) 10.0.0.2/32 on eth0 goes and comes back with another label and broadcast address"
            ]
        );
        let other = said("10.0.0.2\n", "10.0.0.3\n", None);
        assert_eq!(
            other,
            [
                "(A) 10.0.0.2/32 on eth0 goes",
                "(A) 10.0.0.3/32 on eth0 comes",
                "(A) the list of advertised addresses changes"
            ]
        );
    }

    #[test]
    fn a_script_with_another_command_is_one_line() {
        let command = said("/bin/true", "/bin/false", None);
        let [line] = &command[..] else {
            panic!("{command:?}");
        };
        assert!(line.starts_with("script chk has another command"), "{line}");
        let weight = said("chk\n }", "chk weight 5\n }", None);
        assert_eq!(weight, ["(A) what is tracked changes"]);
    }

    #[test]
    fn an_interface_that_could_have_the_program_and_has_it_not_is_said_to_do_without() {
        let moved = |mode: &str| {
            let new = format!("10.0.0.2 dev eth1\n }}\n xdp_mode {mode}\n");
            said("10.0.0.2\n }\n", &new, Some("it was not loaded")).join("\n")
        };
        assert!(moved("auto").contains("eth1 is brought up on raw sockets: it was not loaded"));
        assert!(!moved("off").contains("it was not loaded"));
    }
}
