//! `strict_mode`, and what packets to the addresses meet.

use super::*;
use crate::protocol::Version;

const ADDRESS: &str = "virtual_ipaddress { 10.0.0.9 }";

fn strict(body: &str) -> (Instance, Vec<String>) {
    instance_despite(&format!("strict_mode\n{ADDRESS}\n{body}"))
}

#[test]
fn packets_to_the_addresses_are_for_this_host_unless_it_says_otherwise() {
    assert!(instance(ADDRESS).accept);
    assert!(!instance(&format!("{ADDRESS}\nno_accept")).accept);
    let (both, said) = instance_despite(&format!("{ADDRESS}\nno_accept\naccept"));
    assert!(both.accept);
    assert_eq!(
        said,
        [
            "warning: `accept` contradicts what was said before; the last one counts, as in keepalived"
        ]
    );
    let owner = format!("{ADDRESS}\nno_accept\npriority 255");
    assert!(instance(&owner).accept, "the owner's are his own");
}

#[test]
fn strict_mode_makes_the_addresses_unreachable_and_says_so() {
    let (instance, said) = strict("priority 100");
    assert!(!instance.accept);
    assert!(!instance.conduct.announces_after_lower && instance.conduct.refuses_other_lists);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("strict mode makes the addresses unreachable on this host"));

    let (three, said) = strict("priority 100\nversion 3\naccept");
    assert!(three.accept && said.is_empty(), "{said:?}");
    assert_eq!(three.version, Version::V3);
    assert!(!three.conduct.refuses_other_lists);
    let (two, said) = strict("priority 100\naccept");
    assert!(!two.accept);
    assert!(
        said[0].contains("version 2 does not know `accept`"),
        "{said:?}"
    );
}

#[test]
fn strict_mode_may_be_asked_for_by_all_and_refused_by_one() {
    let all = "global_defs {\n vrrp_strict\n}\n";
    let (config, _) = load_text(&format!(
        "{all}{}",
        complete(&format!("{ADDRESS}\npriority 9"))
    ));
    assert!(!config.instances[0].accept);
    let config = good(&format!(
        "{all}{}",
        complete(&format!("{ADDRESS}\nstrict_mode off"))
    ));
    assert!(config.instances[0].accept);
}

#[test]
fn what_strict_mode_does_not_know_is_ignored_as_in_keepalived() {
    for (body, complaint) in [
        (
            "authentication {\n auth_type PASS\n auth_pass x\n}",
            "does not know authentication",
        ),
        ("state MASTER", "`state MASTER` is for the address owner"),
        ("preempt_delay 3", "does not know `preempt_delay`"),
    ] {
        let (instance, said) = strict(&format!("priority 100\nversion 2\n{body}"));
        assert!(said.iter().any(|said| said.contains(complaint)), "{said:?}");
        assert_eq!(
            instance.authentication,
            crate::protocol::Authentication::None
        );
        assert_eq!(instance.initial_state, InitialState::Backup);
        assert!(instance.conduct.preempt_delay.is_zero());
    }
    let (instance, _) = strict("down_timer_adverts 9\nskip_check_adv_addr");
    assert_eq!(instance.conduct.silent_intervals, 3);
    assert!(instance.conduct.compares_every_list);
}

/// C057-
#[test]
fn what_strict_mode_forbids_keeps_an_instance_from_starting() {
    for (body, reason) in [
        ("", "has no address"),
        (
            "virtual_ipaddress { 10.0.0.9 }\nunicast_peer { 10.0.0.2 }",
            "does not know unicast",
        ),
        ("virtual_ipaddress { 2001:db8::9 }", "is not link-local"),
    ] {
        let refusal = refusal(&format!("strict_mode\n{body}"));
        assert!(refusal.contains(reason), "{refusal}");
    }
}

#[test]
fn a_checksum_may_leave_the_addresses_out() {
    let body = format!("version 3\n{ADDRESS}");
    assert!(!instance(&body).sums_message_alone);
    assert!(instance(&format!("{body}\nv3_checksum_as_v2")).sums_message_alone);
    let all = "global_defs {\n v3_checksum_as_v2\n}\n";
    assert!(good(&format!("{all}{}", complete(&body))).instances[0].sums_message_alone);
    let own = complete(&format!("{body}\nv3_checksum_as_v2 off"));
    assert!(!good(&format!("{all}{own}")).instances[0].sums_message_alone);
}

/// As in keepalived's own sample; what is ours to hear is heard either way.
#[test]
fn lists_may_be_compared_only_when_somebody_else_has_become_active() {
    assert!(instance("").conduct.compares_every_list);
    assert!(!instance("skip_check_adv_addr").conduct.compares_every_list);
    let all = "global_defs {\n vrrp_skip_check_adv_addr\n}\n";
    let config = good(&format!("{all}{}", complete("")));
    assert!(!config.instances[0].conduct.compares_every_list);
}

/// C170-
#[test]
fn authentication_that_would_be_pretended_keeps_an_instance_from_starting() {
    let header = refusal("authentication {\n auth_type AH\n auth_pass x\n}");
    assert!(
        header.contains("`auth_type AH` is not supported"),
        "{header}"
    );
    let hmac = refusal("auth_hmac {\n key 1 x\n}");
    assert!(hmac.contains("auth_hmac"), "{hmac}");
}

/// C057+
#[test]
fn a_list_of_ipv6_that_begins_on_the_link_is_as_it_should_be() {
    instance("virtual_ipaddress {\n fe80::9\n 2001:db8::9\n}");
    let (instance, said) = instance_despite("virtual_ipaddress {\n 2001:db8::9\n fe80::9\n}");
    assert_eq!(instance.virtual_addresses.len(), 2, "as in keepalived");
    assert!(said[0].contains("is not link-local"), "{said:?}");
}
