//! People and programs of the same machine who mean no harm.

use std::time::Duration;

use rustix::process::Signal;
use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::story::Calm;
use vrrp_tests::{Lab, Moment, Plan, eventually, never, seeds};

/// Longer than it takes to lose an election.
const A_WHILE: Duration = Duration::from_secs(5);

#[test]
fn an_address_that_somebody_removes_is_put_back_and_announced() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);
    let address = seeds::ADDRESSES[0];
    let removed = Moment::now();

    let words = ["address", "delete", &format!("{address}/32"), "dev", "eth1"];
    lab.r1.machine().run("ip", &words);

    eventually("the address is back", || lab.r1.holds(address));
    eventually("r1 says what happened", || {
        lab.r1.said(&["somebody removed", &address.to_string()])
    });
    eventually("r1 announces it again", || {
        let arps = lab.second.arps(removed);
        arps.iter()
            .any(|arp| arp.is_gratuitous() && arp.sender == address)
    });
    assert!(calm.lasts());
}

#[test]
fn a_crowd_of_addresses_of_somebody_else_changes_no_role() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);

    let crowd = "for a in $(seq 0 23); do for b in $(seq 0 249); do \
                 echo address add 10.200.$a.$b/32 dev eth1; done; done | ip -batch -";
    lab.r1.machine().run("sh", &["-c", crowd]);

    never(A_WHILE, "a role changes", || !calm.lasts());
}

#[test]
fn signals_that_mean_something_to_keepalived_do_not_end_us() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);

    for signal in [Signal::USR2, Signal::HUP] {
        lab.r1.signal(signal);
    }

    eventually("r1 answers", || {
        lab.r1.said(&["signal 12 is not supported yet"]) && lab.r1.said(&["Reload complete"])
    });
    assert!(calm.lasts() && lab.r1.is_running());
}

#[test]
fn without_the_right_to_set_addresses_nothing_starts() {
    let launcher = ["setpriv", "--bounding-set", "-net_admin,-sys_admin"];
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_launcher_on_r1(&launcher));

    lab.r1.start_daemon();

    eventually("r1 says what is missing and ends", || {
        lab.r1.said(&["CAP_NET_ADMIN is needed"]) && !lab.r1.is_running()
    });
}
