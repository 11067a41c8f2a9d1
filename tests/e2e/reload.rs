//! The configuration changes while the pair works.

use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use rustix::process::Signal;
use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::story::Calm;
use vrrp_tests::{Lab, Moment, Node, seeds, within};

/// A reload asks the disk, the kernel and the guard; on a busy machine that takes a while.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// P8
#[test]
fn quick_an_unchanged_file_changes_nothing_however_often_it_is_read() {
    let lab = elected();
    announcements_are_over(&lab);
    let calm = Calm::now(&lab);
    let since = Moment::now();
    for _ in 0..25 {
        assert_eq!(reload(&lab.r1), Reloaded::Complete);
        assert_eq!(reload(&lab.r2), Reloaded::Complete);
    }
    // Whatever a reload could have moved shows in the adverts after it.
    within(PATIENCE, "r1 goes on", || adverts(&lab, since).len() > 4);

    assert!(calm.lasts(), "nobody changes his role");
    let sent = adverts(&lab, since);
    for pair in sent.windows(2) {
        let gap = pair[1].since(pair[0]);
        let expected = Duration::from_millis(900)..Duration::from_millis(1100);
        assert!(
            expected.contains(&gap),
            "an advert came {gap:?} after the last"
        );
    }
    assert!(announced(&lab, since).is_empty(), "no address is announced");
    assert!(!lab.r1.said(&["Reload: "]), "there is nothing to tell");
}

/// C141+: P8
#[test]
fn an_address_that_comes_or_goes_moves_alone() {
    let lab = elected();
    announcements_are_over(&lab);
    let (calm, since) = (Calm::now(&lab), Moment::now());
    let (stays, goes, comes) = (seeds::ADDRESSES[0], seeds::ADDRESSES[1], NEW);

    rewrite(&lab.r1, |text| {
        text.replace("192.168.0.6 dev", "192.168.0.7 dev")
    });
    assert_eq!(reload(&lab.r1), Reloaded::Complete);

    within(PATIENCE, "the one goes and the other comes", || {
        !lab.r1.holds(goes) && lab.r1.holds(comes)
    });
    within(PATIENCE, "the new one is announced", || {
        announced(&lab, since).len() >= 5
    });
    assert!(
        announced(&lab, since)
            .iter()
            .all(|address| *address == comes)
    );
    assert!(lab.r1.holds(stays));
    assert!(calm.lasts());
    assert!(lab.r1.said(&["Reload: (HA_V1) 192.168.0.7/32", "comes"]));

    lab.r1.kill_daemon();
    within(PATIENCE, "the guard knows the new address", || {
        lab.r1.holds_no_address() && !lab.r1.holds(comes)
    });
}

#[test]
fn a_router_whose_vrid_changes_says_goodbye_and_begins_anew() {
    let lab = elected();
    let since = Moment::now();
    // Another priority too: what it was before tracking is asked anew.
    rewrite(&lab.r1, |text| {
        text.replace("virtual_router_id 89", "virtual_router_id 88")
    });
    assert_eq!(reload(&lab.r1), Reloaded::Complete);

    within(PATIENCE, "r2 takes over", || lab.r2.is_active());
    let heard = lab
        .first
        .advertisements_from(lab.r1.identity().first, since);
    assert!(
        heard
            .iter()
            .any(|advert| advert.vrid == 89 && advert.priority == 0),
        "priority 0 for the VRID that is left"
    );
    assert!(lab.r1.said(&["(HA_V1) removed"]));
    within(PATIENCE, "the new one is Active on its own", || {
        let heard = lab
            .first
            .advertisements_from(lab.r1.identity().first, since);
        heard
            .iter()
            .any(|advert| advert.vrid == 88 && advert.priority == 101)
    });
    // Back again: nothing of either is left behind.
    rewrite(&lab.r1, |text| {
        text.replace("virtual_router_id 88", "virtual_router_id 89")
    });
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    within(PATIENCE, "r1 is Backup of r2 and holds nothing", || {
        lab.r1.is_backup() && lab.r1.holds_no_address()
    });
    assert!(lab.r2.is_active());
}

#[test]
fn what_changes_for_an_active_router_changes_without_a_transition() {
    let lab = elected();
    let calm = Calm::now(&lab);
    for (old, new) in [
        ("priority 101", "priority 120"),
        ("auth_pass 1111", "auth_pass 2222"),
        ("interval 4", "interval 2"),
    ] {
        for node in [&lab.r2, &lab.r1] {
            rewrite(node, |text| text.replace(old, new));
            assert_eq!(reload(node), Reloaded::Complete);
        }
    }
    let since = Moment::now();
    within(PATIENCE, "r1 advertises what is new", || {
        let heard = lab
            .first
            .advertisements_from(lab.r1.identity().first, since);
        heard
            .iter()
            .filter(|advert| advert.priority == 120 && advert.message.ends_with(b"2222\0\0\0\0"))
            .count()
            > 4
    });
    assert!(calm.lasts(), "r2 hears it and stays Backup");
    assert!(
        lab.r1
            .said(&["Changing effective priority from 101 to 120"])
    );
}

#[test]
fn a_broken_file_leaves_the_running_configuration_running() {
    let lab = elected();
    let calm = Calm::now(&lab);
    let path = lab.r1.machine().path("/etc/keepalived/keepalived.conf");
    let broken = [
        ("no file", None),
        ("an empty file", Some(String::new())),
        ("no text", Some("\u{fffd}\0\u{1}{{{{".into())),
        (
            "a brace too few",
            Some(seeds::MASTER_CONF.trim_end().trim_end_matches('}').into()),
        ),
        (
            "no such interface",
            Some(seeds::MASTER_CONF.replace("interface eth0", "interface eth7")),
        ),
        (
            "no VRID",
            Some(seeds::MASTER_CONF.replace("virtual_router_id", "# ")),
        ),
        (
            "an include that is not there",
            Some(format!("include nowhere.conf\n{}", seeds::MASTER_CONF)),
        ),
    ];
    for (what, text) in broken {
        match text {
            Some(text) => lab.r1.write_config(&text),
            None => fs::remove_file(&path).expect("the file was there"),
        }
        assert_eq!(reload(&lab.r1), Reloaded::Refused, "{what}");
        assert!(lab.r1.is_active() && lab.r1.holds_the_addresses(), "{what}");
    }
    lab.r1.write_config(seeds::MASTER_CONF);
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    assert!(calm.lasts());
}

#[test]
fn a_file_cut_off_anywhere_loses_nothing() {
    let lab = elected();
    let calm = Calm::now(&lab);
    let end = seeds::MASTER_CONF.trim_end().len();
    for length in 0..end {
        let cut = &seeds::MASTER_CONF.as_bytes()[..length];
        let path = lab.r1.machine().path("/etc/keepalived/keepalived.conf");
        fs::write(path, cut).expect("the node has a folder for its configuration");
        assert_eq!(
            reload(&lab.r1),
            Reloaded::Refused,
            "cut after {length} bytes"
        );
    }
    assert!(calm.lasts());
    assert!(lab.r1.is_active() && lab.r1.holds_the_addresses());
}

/// Whatever the flipped bits mean, the daemon lives, and the right file brings everything back.
#[test]
fn flipped_bits_and_a_storm_of_reloads_leave_nothing_behind() {
    let lab = elected();
    let mut random = 0x5eed_u64;
    for _ in 0..150 {
        let mut bytes = seeds::MASTER_CONF.as_bytes().to_vec();
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let bit = usize::try_from(random >> 33).expect("31 bits") % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let path = lab.r1.machine().path("/etc/keepalived/keepalived.conf");
        fs::write(path, bytes).expect("the node has a folder for its configuration");
        // Not waited for: they come while others are under way.
        lab.r1.signal(Signal::HUP);
        lab.r1.signal(Signal::HUP);
    }
    lab.r1.write_config(seeds::MASTER_CONF);
    within(PATIENCE, "the right file is read at last", || {
        reload(&lab.r1) == Reloaded::Complete && !lab.r1.line_of_last_reload().contains("Reload: ")
    });
    within(PATIENCE, "the addresses are on one node", || {
        (lab.r1.is_active() && lab.r1.holds_the_addresses() && lab.r2.holds_no_address())
            || (lab.r2.is_active() && lab.r2.holds_the_addresses() && lab.r1.holds_no_address())
    });
    for node in [&lab.r1, &lab.r2] {
        let shown = node.machine().run(
            "ip",
            &["-oneline", "-4", "address", "show", "scope", "global"],
        );
        // Its own two, and the two that follow the Active node.
        let expected = if node.is_active() { 4 } else { 2 };
        assert_eq!(shown.lines().count(), expected, "{shown}");
    }
}

const NEW: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 7);

/// What came of a reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reloaded {
    Complete,
    Refused,
}

fn elected() -> Lab {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    lab
}

/// The second burst of announcements after the takeover is no story's here.
fn announcements_are_over(lab: &Lab) {
    within(
        PATIENCE,
        "the announcements of the takeover are over",
        || lab.r1.log().matches("Sending gratuitous ARP").count() >= 20,
    );
}

/// Has a node read its file again, and waits for what comes of it.
pub(crate) fn reload(node: &Node) -> Reloaded {
    let count = |what: &str| node.log().matches(what).count();
    let (complete, refused) = (count("Reload complete"), count("Reload refused"));
    node.signal(Signal::HUP);
    within(PATIENCE, "the reload ends", || {
        count("Reload complete") + count("Reload refused") > complete + refused
    });
    if count("Reload complete") > complete {
        Reloaded::Complete
    } else {
        Reloaded::Refused
    }
}

trait LastReload {
    /// Everything that was logged since the last reload began.
    fn line_of_last_reload(&self) -> String;
}

impl LastReload for Node {
    fn line_of_last_reload(&self) -> String {
        let log = self.log();
        log.rsplit("Reloading ...")
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

pub(crate) fn rewrite(node: &Node, change: impl FnOnce(String) -> String) {
    let path = node.machine().path("/etc/keepalived/keepalived.conf");
    let text = fs::read_to_string(&path).expect("the node has a configuration");
    node.write_config(&change(text));
}

fn adverts(lab: &Lab, since: Moment) -> Vec<Moment> {
    let sent = lab
        .first
        .advertisements_from(lab.r1.identity().first, since);
    sent.iter().map(|advert| advert.at).collect()
}

/// The addresses that were announced on the second network.
fn announced(lab: &Lab, since: Moment) -> Vec<Ipv4Addr> {
    let arps = lab.second.arps(since);
    let gratuitous = arps.iter().filter(|arp| arp.is_gratuitous());
    gratuitous.map(|arp| arp.sender).collect()
}
