//! Strangers and broken neighbours, and what they cost.

use std::time::Duration;

use vrrp_tests::Daemon::{Keepalived, Xvrrpd};
use vrrp_tests::forge::Forged;
use vrrp_tests::host::Volley;
use vrrp_tests::story::{self, ALARM, Calm, STRANGER_ADDRESS};
use vrrp_tests::{Lab, Node, Plan, eventually};

/// Long enough for keepalived's Backup to lose patience.
const WATCHED: Duration = Duration::from_secs(8);

#[test]
fn two_wrong_passwords_a_second_cost_keepalived_its_rhythm() {
    let lab = Lab::of_seeds(Keepalived, Keepalived);
    lab.elect();
    let rhythm = story::under_wrong_passwords(&lab, WATCHED);
    assert!(rhythm.changes > 0, "{rhythm:?}");
    assert!(
        rhythm.longest_silence > Duration::from_secs(3),
        "{rhythm:?}"
    );
}

#[test]
fn two_wrong_passwords_a_second_cost_us_nothing() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let rhythm = story::under_wrong_passwords(&lab, WATCHED);
    assert_eq!(rhythm.changes, 0, "{rhythm:?}");
    assert!(
        rhythm.longest_silence < Duration::from_millis(1500),
        "{rhythm:?}"
    );
}

#[test]
fn a_flood_of_forged_adverts_changes_nothing_and_is_counted() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let flood = story::flood_changes_nothing(&lab);
    assert!(flood.unanswered < story::HICCUP, "{flood:?}");
}

#[test]
fn a_foreign_claim_of_a_virtual_address_is_an_alarm() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    story::claim_is_an_alarm(&lab, &lab.r1);
}

#[test]
fn an_ordinary_failover_and_return_raise_no_alarm() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    story::script_stops_the_daemon(&lab, &lab.r1, &lab.r2);
    story::comes_back_as_backup(&lab, &lab.r1, &lab.r2);
    lab.r2.stop_daemon();
    eventually("r1 is Active again", || {
        lab.r1.is_active() && lab.r1.holds_the_addresses()
    });
    let alarms = [&lab.r1, &lab.r2].map(|node| node.line_with(&[ALARM]));
    assert_eq!(alarms, [None, None]);
}

#[test]
fn keepalived_keeps_nothing_from_other_listeners() {
    let lab = Lab::of_seeds(Keepalived, Keepalived);
    lab.elect();
    let listener = lab.r2.listen();
    lab.host
        .send("eth0", &Volley::once(forged().ttl(254).frame()));
    eventually("the listener hears it", || {
        listener.heard_from(STRANGER_ADDRESS) == 1
    });
}

#[test]
fn a_rejected_advert_is_counted_and_reaches_nobody_else() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let (listener, calm) = (lab.r2.listen(), Calm::now(&lab));
    for (reason, forged) in [
        ("authentication_failure", forged().password(*b"guessed\0")),
        ("ip_ttl", forged().ttl(254)),
        ("checksum", forged().bad_checksum()),
        ("interval", forged().interval(2)),
    ] {
        is_counted(&lab, &lab.r2, reason, &forged);
    }
    let since = listener.heard_from(lab.r1.identity().first);
    eventually("the listener hears the Active node", || {
        listener.heard_from(lab.r1.identity().first) > since
    });
    assert_eq!(
        listener.heard_from(STRANGER_ADDRESS),
        0,
        "a rejected advert reached a listener"
    );
    assert!(calm.lasts());
}

/// RFC 9568 believes everybody on the link; RFC 3768 everybody who knows the password. Here the stranger does.
#[test]
fn where_the_routers_are_named_nobody_else_is_heard_whatever_he_says() {
    for more in ["", "    @xvrrpd xdp_mode off\n"] {
        let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_configs(|config| named(config, more)));
        lab.elect();
        let calm = Calm::now(&lab);
        let said = [255, 254, 100, 1, 0];
        for priority in said {
            lab.host.send("eth0", &a_hundred(priority));
        }
        let all = 100 * said.len() as u64;
        for node in [&lab.r1, &lab.r2] {
            let rejected = ["rejected an advert", &STRANGER_ADDRESS.to_string()];
            eventually("somebody is told", || node.line_with(&rejected).is_some());
            let line = node.line_with(&rejected).expect("it was there");
            assert!(line.contains("nobody of `vrrp_peers`"), "{line}");
            if more.is_empty() {
                eventually("every one of them is counted", || {
                    node.counter("unicast_source") == all
                });
            }
        }
        assert!(calm.lasts());
        if !more.is_empty() {
            for node in [&lab.r2, &lab.r1] {
                node.stop_daemon();
                assert_eq!(node.counted_on_the_raw_path("eth0", "unicast_source"), all);
            }
        }
    }
}

/// What the protocol asks for otherwise.
#[test]
fn where_nobody_is_named_the_better_stranger_is_given_way_to() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    lab.host.send("eth0", &a_hundred(254));
    eventually("r1 has given way", || {
        lab.r1
            .said(&["because:", &STRANGER_ADDRESS.to_string(), "priority 254"])
    });
}

fn a_hundred(priority: u8) -> Volley {
    Volley {
        frames: vec![forged().priority(priority).frame()],
        count: 100,
        per_second: 100,
    }
}

/// The seeds, told who the routers are.
fn named(config: &str, more: &str) -> String {
    let names =
        format!("    @xvrrpd vrrp_peers {{ 10.89.0.9 10.89.0.10 }}\n{more}    virtual_router_id");
    let config = config.replacen("    virtual_router_id", &names, 1);
    assert!(config.contains("vrrp_peers"), "{config}");
    config
}

fn is_counted(lab: &Lab, node: &Node, reason: &str, forged: &Forged) {
    let before = node.counter(reason);
    lab.host.send(
        "eth0",
        &Volley {
            frames: vec![forged.frame()],
            count: 5,
            per_second: 50,
        },
    );
    eventually(reason, || node.counter(reason) == before + 5);
}

/// What would be believed as it is.
fn forged() -> Forged {
    Forged::advertisement(STRANGER_ADDRESS)
}
