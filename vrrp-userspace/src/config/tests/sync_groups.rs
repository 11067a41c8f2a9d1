//! Instances that are Active together or not at all.

use std::time::Duration;

use super::*;

fn two(group: &str, a: &str, b: &str) -> (Config, Vec<String>) {
    let text = format!(
        "vrrp_script chk {{\n script /bin/true\n weight 10\n}}\nvrrp_script dead {{\n script /bin/false\n}}\n\
         vrrp_sync_group G {{\n group {{\n A\n B\n }}\n {group}\n}}\n\
         vrrp_instance A {{\n interface eth0\n virtual_router_id 1\n {a}\n}}\n\
         vrrp_instance B {{\n interface eth1\n virtual_router_id 2\n {b}\n}}\n"
    );
    let (config, diagnostics) = load_text(&text);
    (config, said(&diagnostics))
}

#[test]
fn a_group_has_members_scripts_and_mail() {
    let (config, said) = two("notify_master /a\n notify /b\n smtp_alert", "", "");
    assert_eq!(said, [""; 0]);
    let [group] = &config.sync_groups[..] else {
        panic!("one group: {config:?}");
    };
    assert_eq!(
        (group.name.as_str(), &group.members[..]),
        ("G", &["A".to_owned(), "B".to_owned()][..])
    );
    assert_eq!(group.notify.commands().count(), 2);
    assert!(config.sends_mail_for_group(group));
}

#[test]
fn what_a_group_tracks_takes_every_member_down() {
    let (config, said) = two("track_script { dead }", "track_script { dead }", "");
    assert_eq!(said, [""; 0]);
    for instance in &config.instances {
        assert_eq!(instance.track_scripts.len(), 1, "{instance:?}");
    }
}

/// keepalived: with a weight one member could leave the others.
#[test]
fn weights_are_for_groups_that_allow_them() {
    let (config, said) = two("", "track_script { chk }", "");
    assert!(
        said[0].contains("`chk` has a weight, and the instance is in a sync group"),
        "{said:?}"
    );
    assert_eq!(config.instances[0].track_scripts, []);
    let (config, said) = two("sync_group_tracking_weight\n track_script { chk }", "", "");
    assert_eq!(said, [""; 0]);
    assert_eq!(config.instances[1].track_scripts[0].weight.value, 10);
}

#[test]
fn a_group_whose_member_cannot_start_does_not_start() {
    let (config, said) = two("", "authentication {\n auth_type AH\n}", "");
    assert!(config.instances.is_empty() && config.sync_groups.is_empty());
    assert!(
        said.iter()
            .any(|said| said.contains("`A` of its sync group does not start")),
        "{said:?}"
    );
    let (config, said) = two("track_file {\n f\n}", "", "");
    assert_eq!(config.refused.len(), 2, "{said:?}");
}

#[test]
fn who_is_unknown_or_a_member_already_is_left_out() {
    let text = "vrrp_sync_group G {\n group {\n A\n X\n }\n}\nvrrp_sync_group H {\n group {\n A\n }\n}\n\
                vrrp_instance A {\n interface eth0\n virtual_router_id 1\n}\n";
    let (config, diagnostics) = load_text(text);
    assert_eq!(config.sync_groups.len(), 1);
    assert_eq!(config.sync_groups[0].members, ["A"], "a group of one");
    assert_eq!(
        said(&diagnostics),
        [
            "warning: there is no instance `X`; the member is ignored, as keepalived does",
            "warning: `vrrp_sync_group H` has no members; it is ignored, as keepalived does",
            "error: `A` is a member twice; it belongs to the first",
        ]
    );
}

#[test]
fn members_of_different_priorities_are_worth_a_word() {
    let (config, said) = two("", "priority 150", "priority 100");
    assert_eq!(config.sync_groups.len(), 1);
    assert!(
        said[0].contains("the members of `G` have different priorities"),
        "{said:?}"
    );
}

#[test]
fn a_start_may_be_delayed() {
    let text = "global_defs {\n vrrp_startup_delay 2.5\n vrrp_delay_after_boot 60\n}\n";
    let config = good(&format!("{text}{}", complete("")));
    let global = &config.global;
    let delays = (global.startup_delay, global.delay_after_boot);
    assert_eq!(
        delays,
        (Duration::from_millis(2500), Duration::from_secs(60))
    );
}
