//! `no_accept` and strict mode: who may reach the addresses, and who must not mind.

use std::net::Ipv4Addr;
use std::time::Duration;

use vrrp_tests::Daemon::{Keepalived, Xvrrpd};
use vrrp_tests::namespace::Namespace;
use vrrp_tests::{Lab, Node, eventually, within};

use crate::reload::{Reloaded, reload};

/// The address that comes and goes, on the network the client asks on.
const VIP: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 5);
/// How long anything here may take on a busy machine.
const LONG: Duration = Duration::from_secs(15);

/// C124+ C124- C125+ C125- C147-
#[test]
fn quick_with_no_accept_the_addresses_answer_nobody_and_the_filter_goes_with_the_daemon() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let others = with_somebody_elses_rules(&lab.r1);
    lab.r1.write_config(&config("no_accept"));
    lab.r1.start_daemon();
    holds(&lab.r1);
    assert!(!answers(&lab), "a connection is dropped");
    assert!(rules(&lab.r1).contains(&VIP.to_string()));
    assert!(
        answers_itself(&lab.r1),
        "who asks himself is not the network"
    );

    lab.r1.write_config(&config("accept"));
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    eventually("a connection is answered", || answers(&lab));
    assert_eq!(rules(&lab.r1), others);

    lab.r1.write_config(&config("no_accept"));
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    assert!(!answers(&lab));
    lab.r1.stop_daemon();
    assert_eq!(rules(&lab.r1), others, "and nothing else went");
}

#[test]
fn a_killed_daemon_leaves_no_filter() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let others = with_somebody_elses_rules(&lab.r1);
    lab.r1.write_config(&config("no_accept"));
    lab.r1.start_daemon();
    holds(&lab.r1);
    assert_ne!(rules(&lab.r1), others);
    lab.r1.kill_daemon();
    eventually("the guard removes the filter", || rules(&lab.r1) == others);

    // Killed with its guard: the next start finds what is left.
    lab.r1.start_daemon();
    holds(&lab.r1);
    lab.r1.kill_every_process();
    lab.r1.wait_until_ended();
    assert_ne!(rules(&lab.r1), others);
    lab.r1.write_config(&config("accept"));
    lab.r1.start_daemon();
    holds(&lab.r1);
    eventually("the next start removes it", || rules(&lab.r1) == others);
}

#[test]
fn without_nft_the_election_goes_on_and_the_log_says_what_is_not_kept() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let hide = "for nft in /usr/sbin/nft /usr/bin/nft; do \
                [ ! -e $nft ] || mount --bind /dev/null $nft; done";
    lab.r1.machine().run("sh", &["-ec", hide]);
    lab.r1.write_config(&config("no_accept"));
    lab.r1.start_daemon();
    holds(&lab.r1);
    assert!(
        lab.r1
            .said(&["packets to 1 addresses with `no_accept` are accepted all the same"])
    );
    assert!(answers(&lab));
}

/// keepalived promises the same, with a filter of its own.
#[test]
fn in_keepalived_no_accept_drops_connections_too() {
    let lab = Lab::of_seeds(Keepalived, Xvrrpd);
    lab.r1.write_config(&config("no_accept"));
    lab.r1.start_daemon();
    holds(&lab.r1);
    eventually("a connection is dropped", || !answers(&lab));
}

/// C122+ C122-: in strict mode without a word; Neighbour Discovery still answers (RFC 9568 §6.1), so that the address can be moved to.
#[test]
fn in_strict_mode_an_ipv6_address_answers_neighbours_and_nobody_else() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let vip = "2001:db8::5";
    for (machine, address) in [
        (lab.r1.machine(), "2001:db8::9/64"),
        (lab.host.machine(), "2001:db8::200/64"),
    ] {
        machine.ip_batch(&format!("address add {address} dev eth1 nodad\n"));
    }
    lab.r1.write_config(
        "global_defs {\n    vrrp_strict\n}\nvrrp_instance A {\n    interface eth0\n    virtual_router_id 60\n    priority 100\n    \
         advert_int 0.2\n    virtual_ipaddress {\n        fe80::5/64 dev eth1\n        2001:db8::5/64 dev eth1\n    }\n}\n",
    );
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || {
        lab.r1.is_active()
            && lab
                .r1
                .holds("2001:db8::5".parse::<std::net::Ipv6Addr>().expect("one"))
    });
    assert!(!is_answered(lab.host.machine(), &format!("[{vip}]")));
    assert!(
        is_answered(lab.host.machine(), "[2001:db8::9]"),
        "its own address"
    );
    let shown = lab.host.machine().run("ip", &["neighbour", "show", vip]);
    let mac = lab.r1.identity().second_mac.to_string();
    assert!(shown.contains(&mac), "its neighbour is known: {shown}");
}

fn config(accept: &str) -> String {
    format!(
        "vrrp_instance A {{\n    interface eth0\n    virtual_router_id 60\n    version 3\n    priority 100\n    advert_int 0.2\n    \
         {accept}\n    virtual_ipaddress {{\n        {VIP}/24 dev eth1\n    }}\n}}\n"
    )
}

#[track_caller]
fn holds(node: &Node) {
    within(LONG, "the node is Active with its address", || {
        node.is_active() && node.holds(VIP)
    });
}

fn answers(lab: &Lab) -> bool {
    is_answered(lab.host.machine(), &VIP.to_string())
}

fn answers_itself(node: &Node) -> bool {
    is_answered(node.machine(), &VIP.to_string())
}

/// Whether whoever has an address says anything at all, if only that nobody listens there.
fn is_answered(asks: &Namespace, address: &str) -> bool {
    /// What `curl` says when nobody answered in time.
    const TIMED_OUT: Option<i32> = Some(28);
    let url = format!("http://{address}/");
    let output = asks.output("curl", &["--silent", "--max-time", "1", &url]);
    output.status.code() != TIMED_OUT
}

/// What an administrator has; returns all rules there are.
fn with_somebody_elses_rules(node: &Node) -> String {
    let mine = "table inet filter { chain input { type filter hook input priority 0; tcp dport 23 drop; }; }";
    node.machine().run("nft", &[mine]);
    rules(node)
}

fn rules(node: &Node) -> String {
    node.machine().run("nft", &["list", "ruleset"])
}
