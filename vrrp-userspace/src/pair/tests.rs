//! Two configurations, and what is said about them.

mod simulation;

use expect_test::{Expect, expect};

use super::*;
use crate::config::{LoadOptions, MapSource, load};

/// What is read from the lines of an instance, beside what it must have.
fn config(lines: &str) -> Config {
    config_with(lines, "")
}

/// The same with lines that stand outside.
fn config_with(lines: &str, outside: &str) -> Config {
    let text = format!(
        "{outside}\nvrrp_instance V {{\n interface eth0\n virtual_router_id 51\n {lines}\n}}\n"
    );
    read(&text)
}

fn read(text: &str) -> Config {
    let options = LoadOptions::default();
    load(&MapSource::single("x.conf", text), "x.conf", &options).0
}

fn compared(first: &Config, second: &Config) -> Comparison {
    compare(&Both { first, second })
}

fn names() -> Both<String> {
    Both {
        first: "a".to_owned(),
        second: "b".to_owned(),
    }
}

/// Everything that is said.
fn says(first: &Config, second: &Config, expected: &Expect) {
    expected.assert_eq(&compared(first, second).full(&names()));
}

/// The complaints and notes, one a line, without the times.
fn complains(first: &Config, second: &Config, expected: &Expect) {
    let full = compared(first, second).full(&names());
    let findings = full.lines().filter(|line| {
        let line = line.trim_start();
        line.starts_with("complaint") || line.starts_with("note") || line.starts_with("both are")
    });
    let findings: String = findings
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    expected.assert_eq(&findings);
}

const CHK: &str = "vrrp_script chk { script /bin/true\n }\nvrrp_script mem { script /bin/true\n }";

fn with_scripts(lines: &str) -> Config {
    config_with(lines, CHK)
}

#[test]
fn who_speaks_to_others_is_not_heard() {
    let peers = |addresses: &str, source: &str| {
        config(&format!(
            "priority 150\n virtual_ipaddress {{ 10.0.0.1 }}\n {source}\n unicast_peer {{\n {addresses}\n }}"
        ))
    };
    let group = |lines: &str| config(&format!("virtual_ipaddress {{ 10.0.0.1 }}\n {lines}"));
    complains(
        &peers("10.0.0.3", ""),
        &group(""),
        &expect![[r#"
            both are Active and hold the addresses: neither accepts what the other sends
            complaint: a speaks to `unicast_peer`s and b to a group, so neither hears the other; write peers in both or in none
        "#]],
    );
    complains(
        &group("mcast_dst_ip 224.0.0.99"),
        &group("priority 90"),
        &expect![[r#"
            both are Active and hold the addresses: neither accepts what the other sends
            complaint: a speaks to the group 224.0.0.99, b to 224.0.0.18; set `mcast_dst_ip` or `vrrp_mcast_group4` and `vrrp_mcast_group6` alike
        "#]],
    );
    let first = peers("10.0.0.3", "unicast_src_ip 10.0.0.2");
    let second = config(
        "virtual_ipaddress { 10.0.0.1 }\n unicast_src_ip 10.0.0.4\n unicast_peer {\n 10.0.0.2\n }",
    );
    complains(
        &first,
        &second,
        &expect![[r#"
            complaint: b, which speaks from 10.0.0.4, is no `unicast_peer` of a and never hears it; add it
        "#]],
    );
}

#[test]
fn two_owners_that_listen_to_nobody_are_both_active() {
    let owner = || config("priority 255\n owner_ignore_adverts\n virtual_ipaddress { 10.0.0.1 }");
    complains(
        &owner(),
        &owner(),
        &expect![[r#"
            both are Active and hold the addresses: neither accepts what the other sends
            complaint: both have priority 255 and `owner_ignore_adverts`, so neither ever gives way; 255 is for one router at most
        "#]],
    );
}

/// Each family and each group has its own routers.
#[test]
fn one_vrid_may_be_several_routers() {
    let both = |priority: u8| {
        let one = |name: &str, address: &str, lines: &str| {
            format!(
                "vrrp_instance {name} {{\n interface eth0\n virtual_router_id 51\n priority {priority}\n version 3\n \
                 virtual_ipaddress {{ {address} }}\n {lines}\n}}\n"
            )
        };
        let texts = [
            one("A", "10.0.0.1", ""),
            one("B", "fe80::1", ""),
            one("C", "10.0.0.2", "mcast_dst_ip 224.0.0.99"),
        ];
        read(&texts.concat())
    };
    let comparison = compared(&both(150), &both(100));
    assert_eq!(comparison.routers.len(), 3);
    assert!(!comparison.has_complaints(), "{comparison:?}");
}

#[test]
fn two_that_agree_get_their_times_and_nothing_else() {
    says(
        &config("priority 150\n virtual_ipaddress { 10.0.0.1 }"),
        &config("priority 100\n virtual_ipaddress { 10.0.0.1 }"),
        &expect![[r#"
            VRID 51: `V` in a, `V` in b
              a is Active (priority: a 150, b 100)
              when a is lost, b takes over:
                crash     3609.375 ms after its last advert, and so at least 2609.375 ms after the crash
                kill -9   1609.375 ms at the latest: the guard says goodbye within 1000 ms
                stop      609.375 ms after its goodbye
                return    a takes over 3414.0625 ms after its start
              when b is lost, a takes over:
                crash     3414.0625 ms after its last advert, and so at least 2414.0625 ms after the crash
                kill -9   1414.0625 ms at the latest: the guard says goodbye within 1000 ms
                stop      414.0625 ms after its goodbye
                return    b stays Backup: its priority is not higher
            a and b: 1 virtual router in both; nothing to say
        "#]],
    );
}

#[test]
fn version_3_scales_with_the_interval_of_the_one_that_is_lost() {
    says(
        &config("version 3\n priority 200\n advert_int 0.1\n virtual_ipaddress { 10.0.0.1 }"),
        &config("version 3\n priority 100\n advert_int 1\n virtual_ipaddress { 10.0.0.1 }"),
        &expect![[r#"
            VRID 51: `V` in a, `V` in b
              a is Active (priority: a 200, b 100)
              when a is lost, b takes over:
                crash     360.9375 ms after its last advert, and so at least 260.9375 ms after the crash
                kill -9   as a crash, or earlier, when the guard says goodbye
                stop      60.9375 ms after its goodbye
                return    a may take over 321.875 ms after its start, which is less than one interval of b
              when b is lost, a takes over:
                crash     3218.75 ms after its last advert, and so at least 2218.75 ms after the crash
                kill -9   1218.75 ms at the latest: the guard says goodbye within 1000 ms
                stop      218.75 ms after its goodbye
                return    b stays Backup: its priority is not higher
              complaint: `advert_int` is 100 ms in a and 1000 ms in b: the Backup adopts that of the Active, so what is measured above depends on who it is; set it alike
            a and b: 1 virtual router in both; 1 complaint
        "#]],
    );
}

/// C186+
#[test]
fn who_would_not_hear_each_other_is_told_that_both_are_active() {
    let address = "virtual_ipaddress { 10.0.0.1 }";
    let with = |lines: &str| config(&format!("{lines}\n {address}"));
    let secret = |word: &str| {
        with(&format!(
            "authentication {{\n auth_type PASS\n auth_pass {word}\n }}"
        ))
    };
    for (first, second, expected) in [
        (
            with("version 2"),
            with("version 3"),
            expect![[r#"
                both are Active and hold the addresses: neither accepts what the other sends
                complaint: a speaks version 2, b version 3; set `version` or `vrrp_version` alike
            "#]],
        ),
        (
            secret("1111"),
            with(""),
            expect![[r#"
                both are Active and hold the addresses: neither accepts what the other sends
                complaint: only a has `authentication`; write it in both or in none
            "#]],
        ),
        (
            secret("1111"),
            secret("1112"),
            expect![[r#"
                both are Active and hold the addresses: neither accepts what the other sends
                complaint: `auth_pass` differs in the eight bytes that are sent; set it alike
            "#]],
        ),
        (
            with("advert_int 1"),
            with("advert_int 2"),
            expect![[r#"
                both are Active and hold the addresses: neither accepts what the other sends
                complaint: `advert_int` is 1000 ms in a and 2000 ms in b, which version 2 rejects; set it alike
            "#]],
        ),
    ] {
        complains(&first, &second, &expected);
        let comparison = compared(&first, &second);
        assert_eq!(comparison.routers[0].election, Election::BothActive);
        let said = comparison.full(&names());
        assert!(!said.contains("1111") && !said.contains("1112"), "{said}");
    }
    assert_ne!(
        compared(&secret("12345678x"), &secret("12345678y")).routers[0].election,
        Election::BothActive,
        "only eight bytes are sent"
    );
}

/// C150+
#[test]
fn equals_are_told_apart_by_what_no_file_knows() {
    complains(
        &config("priority 100"),
        &config(""),
        &expect![[r#"
        complaint: both have priority 100: who is Active stays, and of two that speak at once the one with the higher primary address wins, which no file knows; give one of them more
    "#]],
    );
    complains(
        &config("priority 255"),
        &config("state MASTER"),
        &expect![[r#"
            complaint: both have priority 255: each takes the addresses at its start and ignores its weights, and then the one with the higher primary address keeps them, which no file knows; 255 is for one router at most
        "#]],
    );
}

#[test]
fn nopreempt_on_one_side_is_a_disagreement() {
    complains(
        &config("priority 150"),
        &config("priority 100\n nopreempt"),
        &expect![[r#"
            complaint: only b has `nopreempt` in effect: a takes over from a lower priority and b does not; write it in both or in none
        "#]],
    );
    complains(
        &config("priority 150\n state MASTER\n nopreempt"),
        &config("priority 100\n state BACKUP\n nopreempt"),
        &expect![[r#"
            complaint: `nopreempt` in a has no effect: it needs `state BACKUP` and a priority below 255
            complaint: only b has `nopreempt` in effect: a takes over from a lower priority and b does not; write it in both or in none
        "#]],
    );
    complains(
        &config("priority 150\n nopreempt"),
        &config("priority 100\n nopreempt"),
        &expect![""],
    );
}

#[test]
fn addresses_are_compared_as_sets() {
    let addresses = |priority: u8, advertised: &str, excluded: &str| {
        config(&format!(
            "priority {priority}\n virtual_ipaddress {{\n {advertised}\n }}\n virtual_ipaddress_excluded {{\n {excluded}\n }}",
        ))
    };
    let (one, two) = ("10.0.0.1", "10.0.0.2");
    let both = format!("{one}\n {two}");
    let reversed = format!("{two}\n {one}");
    for (first, second, expected) in [
        (
            addresses(150, &both, ""),
            addresses(100, &reversed, ""),
            expect![[r#"
                note: the addresses stand in another order: a line in the log says so, and nothing else comes of it
            "#]],
        ),
        (
            addresses(150, &both, ""),
            addresses(100, one, ""),
            expect![[r#"
                complaint: only a would hold 10.0.0.2: they come and go with who is Active
            "#]],
        ),
        (
            addresses(150, &both, ""),
            addresses(100, one, two),
            expect![[r#"
                complaint: only a advertises 10.0.0.2: adverts are accepted and a line in the log complains, but a keepalived up to 2.3.2 rejects them, and then both are Active
            "#]],
        ),
        (
            addresses(150, one, ""),
            addresses(100, "10.0.0.33", ""),
            expect![[r#"
                complaint: only a would hold 10.0.0.1; only b would hold 10.0.0.33: they come and go with who is Active
            "#]],
        ),
    ] {
        complains(&first, &second, &expected);
    }
}

#[test]
fn a_router_that_only_one_side_has_is_missed() {
    let both = read(
        "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n priority 9\n}\n\
         vrrp_instance B {\n interface eth0\n virtual_router_id 2\n}\n",
    );
    let one = read(
        "vrrp_instance C {\n interface eth0\n virtual_router_id 1\n}\nvrrp_instance D {\n interface eth0\n}\n",
    );
    complains(
        &both,
        &one,
        &expect![[r#"
        complaint: VRID 2 (`B`) is only in a: nobody takes over from it; add it to b
        complaint: `D` of b would not start: `vrrp_instance D` has no `virtual_router_id`
    "#]],
    );
}

#[test]
fn another_interface_is_only_a_note() {
    let first = read("vrrp_instance A {\n interface eth0\n virtual_router_id 1\n priority 9\n}\n");
    let second = read("vrrp_instance A {\n interface ens3\n virtual_router_id 1\n}\n");
    complains(
        &first,
        &second,
        &expect![[r#"
        note: the interface is `eth0` in a and `ens3` in b; they must be on one link
    "#]],
    );
    assert!(!compared(&first, &second).has_complaints());
}

/// Where a VRID is used on two links, their names decide who meets whom.
#[test]
fn one_vrid_on_two_links_meets_its_own() {
    let text = |first: u8, second: u8| {
        format!(
            "vrrp_instance A {{\n interface eth0\n virtual_router_id 1\n priority {first}\n}}\n\
             vrrp_instance B {{\n interface eth1\n virtual_router_id 1\n priority {second}\n}}\n"
        )
    };
    let (first, second) = (read(&text(10, 20)), read(&text(11, 21)));
    complains(&first, &second, &expect![""]);
    let elsewhere = read(&text(11, 21).replace("eth1", "eth2"));
    complains(
        &first,
        &elsewhere,
        &expect![[r#"
        complaint: VRID 1 (`B`) is only in a: nobody takes over from it; add it to b
        complaint: VRID 1 (`B`) is only in b: nobody takes over from it; add it to a
    "#]],
    );
}

#[test]
fn a_weight_is_asked_whether_it_can_change_the_election() {
    let tracked = |lines: &str, scripts: &str| {
        with_scripts(&format!("{lines}\n track_script {{\n {scripts}\n }}"))
    };
    for (first, second, expected) in [
        // It can.
        (
            tracked("priority 101", "chk weight -30"),
            tracked("priority 100", "chk weight -30"),
            expect![[r#"
                note: when `chk` of a fails, its priority goes from 101 to 71, and b with 100 takes over as after a crash; a takes over again when that is over
            "#]],
        ),
        // Down to an equal priority, which nobody takes over from.
        (
            tracked("priority 101", "chk weight -1"),
            with_scripts("priority 100"),
            expect![[r#"
                complaint: `chk` of a (weight -1) can never change the election: a has at least 100 even then, b at most as much, and nobody takes over from an equal priority
                note: only a tracks `chk`
            "#]],
        ),
        // Not even so far.
        (
            tracked("priority 101", "chk weight -1"),
            with_scripts("priority 99"),
            expect![[r#"
                complaint: `chk` of a (weight -1) can never change the election: a has at least 100 even then, and b at most 99
                note: only a tracks `chk`
            "#]],
        ),
        // A positive weight counts while the script succeeds.
        (
            tracked("priority 90", "chk weight 20"),
            with_scripts("priority 100"),
            expect![[r#"
                note: only a tracks `chk`
                note: when `chk` of a fails, its priority goes from 110 to 90, and b with 100 takes over as after a crash; a takes over again when that is over
            "#]],
        ),
        // Not alone.
        (
            tracked("priority 102", "chk weight -1\n mem weight -2"),
            with_scripts("priority 100"),
            expect![[r#"
                note: only a tracks `chk`
                note: `chk` of a (weight -1) hands over only together with other scripts, not alone
                note: only a tracks `mem`
                note: `mem` of a (weight -2) hands over only together with other scripts, not alone
            "#]],
        ),
        // The other side would not mind.
        (
            tracked("priority 101\n nopreempt", "chk weight -30"),
            with_scripts("priority 100\n nopreempt"),
            expect![[r#"
                complaint: `chk` of a (weight -30) cannot change who is Active: b has `nopreempt` and ignores a lower priority; it counts only if both start together
                note: only a tracks `chk`
            "#]],
        ),
        // Priority 255 is not changed by anything.
        (
            tracked("priority 255", "chk weight -30"),
            with_scripts("priority 100"),
            expect![[r#"
                complaint: `chk` of a (weight -30) can never change the election: a keeps priority 255 whatever it tracks
                note: only a tracks `chk`
            "#]],
        ),
        // Out of reach from below.
        (
            with_scripts("priority 200"),
            tracked("priority 100", "chk weight 50 reverse"),
            expect![[r#"
                complaint: `chk` of b (weight 50 reverse) can never change the election: b has at most 150 in any case, and a at least 200
                note: only b tracks `chk`
            "#]],
        ),
        // A success is a fault.
        (
            tracked("priority 200", "chk weight 0 reverse"),
            with_scripts("priority 100"),
            expect![[r#"
                note: only a tracks `chk`
                note: `chk` of a has no weight: when it succeeds, a is in fault, and b takes over as after a stop
            "#]],
        ),
    ] {
        complains(&first, &second, &expected);
    }
}

#[test]
fn concise_means_a_line_for_each_complaint() {
    let first = config("priority 100\n nopreempt");
    let second = config("priority 100\n interface ens3");
    expect![[r#"
        VRID 51: complaint: both have priority 100: who is Active stays, and of two that speak at once the one with the higher primary address wins, which no file knows; give one of them more
        VRID 51: complaint: only a has `nopreempt` in effect: b takes over from a lower priority and a does not; write it in both or in none
        a and b: 1 virtual router in both; 2 complaints, 1 note
    "#]].assert_eq(&compared(&first, &second).concise(&names()));
}
