//! Several routers on one node: what a reload moves between them, and who leaves.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::process::Background;
use vrrp_tests::{Lab, Moment, Node, Plan, seeds, within};

use crate::reload::{PATIENCE, Reloaded, reload};

/// keepalived tells the scripts of whoever leaves that it is at fault.
#[test]
fn the_scripts_of_a_router_that_leaves_are_run_also_those_that_wait_behind_a_slow_one() {
    let lab = alone();
    write_script(&lab.r1, "slow.sh", "#!/bin/sh\nsleep 3\n");
    let notify = "#!/bin/sh\necho \"$*\" >>/run/lab/notified\n";
    write_script(&lab.r1, "notify.sh", notify);
    let second = "    notify_master /etc/keepalived/slow.sh\n\
                  \x20   notify_fault \"/etc/keepalived/notify.sh f\"\n\
                  \x20   notify /etc/keepalived/notify.sh\n";
    with_second(&lab.r1, "192.168.0.7", second);
    within(PATIENCE, "VI_2 is Active", || {
        lab.r1.said(&["(VI_2) Entering MASTER STATE"])
    });

    lab.r1.write_config(seeds::MASTER_CONF);
    assert_eq!(reload(&lab.r1), Reloaded::Complete);

    within(
        PATIENCE,
        "what waited behind the slow script is run",
        || {
            let notified = lab.r1.machine().path("/run/lab/notified");
            let text = fs::read_to_string(notified).unwrap_or_default();
            let mut lines: Vec<_> = text.lines().collect();
            lines.sort_unstable();
            let state = |state: &str| format!("INSTANCE VI_2 {state} 100");
            lines == [&state("BACKUP"), &state("FAULT"), &state("MASTER"), "f"]
        },
    );
    assert!(!lab.r1.said(&["could not start"]));
    assert!(!lab.r1.said(&["() "]), "every line says whom it is about");
}

#[test]
fn an_address_that_moves_between_two_active_routers_stays_where_it_is() {
    let lab = alone();
    with_second(&lab.r1, "192.168.0.7", "");
    both_are_active(&lab.r1);
    let moving = seeds::ADDRESSES[1];
    let watch = Watch::on(&lab.r1);
    let since = Moment::now();
    for round in 0..20 {
        let (first, others) = if round % 2 == 0 {
            (without(moving), format!("192.168.0.7 dev eth1\n{moving}"))
        } else {
            (seeds::MASTER_CONF.to_owned(), "192.168.0.7".to_owned())
        };
        lab.r1
            .write_config(&format!("{first}\n{}", second(&others, "")));
        assert_eq!(reload(&lab.r1), Reloaded::Complete);
    }
    within(PATIENCE, "the last holder has announced it", || {
        lab.second
            .arps(since)
            .iter()
            .any(|arp| arp.sender == moving)
    });
    assert_eq!(watch.removed(), [""; 0], "it never went");
    assert!(!lab.r1.said(&["somebody removed"]));
    assert!(lab.r1.holds(moving));

    // It belongs to the one who had it last.
    lab.r1.write_config(seeds::MASTER_CONF);
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    assert!(lab.r1.holds(moving));
    lab.r1.stop_daemon();
    assert!(lab.r1.holds_no_address());
}

/// Without `promote_secondaries` the kernel takes every other address of a prefix away with the first.
#[test]
fn the_others_of_a_prefix_come_back_when_the_first_of_it_is_taken_out() {
    let lab = alone();
    let off = "for f in /proc/sys/net/ipv4/conf/*/promote_secondaries; do echo 0 >$f; done";
    lab.r1.machine().run("sh", &["-c", off]);
    let all = "172.16.5.1/24 dev eth1\n172.16.5.2/24 dev eth1\n172.16.5.3/24";
    with_second(&lab.r1, all, "");
    both_are_active(&lab.r1);
    let [first, others @ ..] = [1, 2, 3].map(|last| Ipv4Addr::new(172, 16, 5, last));
    within(PATIENCE, "all are there", || lab.r1.holds(others[1]));

    let fewer = "172.16.5.2/24 dev eth1\n172.16.5.3/24";
    with_second(&lab.r1, fewer, "");

    within(PATIENCE, "the first goes", || !lab.r1.holds(first));
    let watch = Watch::on(&lab.r1);
    let are_there = || others.iter().all(|other| lab.r1.holds(*other));
    within(PATIENCE, "the others are there", are_there);
    assert_eq!(watch.removed(), [""; 0], "and stay");
    assert!(are_there());
    assert!(!lab.r1.said(&["somebody removed"]));
}

/// P4: to close a socket that has joined a group waits for the kernel's lock of the routing tables. Here every close of the election thread
/// takes longer than two intervals.
#[test]
fn adverts_keep_their_rhythm_when_another_interface_is_let_go() {
    let lab = alone();
    let config = format!("{}\n{}", seeds::MASTER_CONF, second("192.168.0.7", ""));
    let on_second = config.replace("VI_2 {\n    interface eth0", "VI_2 {\n    interface eth1");
    lab.r1.write_config(&on_second);
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    both_are_active(&lab.r1);
    let _slow = slow(&lab.r1, "close", Duration::from_millis(2_500));

    let since = Moment::now();
    lab.r1.write_config(seeds::MASTER_CONF);
    assert_eq!(reload(&lab.r1), Reloaded::Complete);

    within(PATIENCE, "r1 goes on", || {
        let address = lab.r1.identity().first;
        lab.first.advertisements_from(address, since).len() > 5
    });
    let silence = longest_silence(&lab, since, Moment::now());
    assert!(
        silence < Duration::from_secs(2),
        "no advert for {silence:?}"
    );
}

/// P5: here every call that tells the program something takes some milliseconds, and there are hundreds of such calls to make.
#[test]
fn adverts_keep_their_rhythm_while_hundreds_of_routers_join() {
    let lab = alone();
    let joining = (1..=255).filter(|vrid| *vrid != seeds::VRID);
    let joining = joining.map(|vrid| {
        format!(
            "vrrp_instance MANY_{vrid} {{\n    interface eth0\n    virtual_router_id {vrid}\n    \
             virtual_ipaddress_excluded {{\n        172.16.0.{vrid} dev eth1\n    }}\n}}\n"
        )
    });
    let config: String = [seeds::MASTER_CONF.to_owned()]
        .into_iter()
        .chain(joining)
        .collect();
    let _slow = slow(&lab.r1, "bpf", Duration::from_millis(6));

    let since = Moment::now();
    lab.r1.write_config(&config);
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    let silence = longest_silence(&lab, since, Moment::now());
    assert!(
        silence < Duration::from_millis(2_300),
        "no advert for {silence:?}"
    );
}

/// The kernel refuses one more membership of a group, and later does not.
#[test]
fn an_interface_that_cannot_be_listened_on_yet_is_tried_again() {
    let lab = alone();
    let allowed = |count: u32| {
        let set = format!("echo {count} >/proc/sys/net/ipv4/igmp_max_memberships");
        lab.r1.machine().run("sh", &["-c", &set]);
    };
    allowed(0);
    let config = format!("{}\n{}", seeds::MASTER_CONF, second("192.168.0.7", ""));
    let on_second = config.replace("VI_2 {\n    interface eth0", "VI_2 {\n    interface eth1");
    lab.r1.write_config(&on_second);
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    within(PATIENCE, "VI_2 is at fault", || {
        lab.r1.said(&["(VI_2) Entering FAULT STATE"])
    });

    allowed(20);
    within(PATIENCE, "VI_2 takes part when it hears", || {
        lab.r1.said(&["(VI_2) Entering MASTER STATE"])
    });
    let log = lab.r1.log();
    assert_eq!(log.matches("no raw socket on eth1").count(), 1, "said once");
    assert!(
        !log.contains("another XDP program"),
        "ours has stayed there"
    );
}

/// The program is loaded at the start or not at all, and whoever could have it since a reload is told why it is not there.
#[test]
fn an_interface_that_comes_too_late_for_the_program_is_said_to_do_without() {
    let off = |seed: &str| seed.replacen("{\n", "{\n    @xvrrpd xdp_mode off\n", 1);
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_configs(off));
    lab.start_alone(&lab.r1);
    lab.r1.machine().ip_batch(
        "link add late0 type veth peer late1\nlink set late1 up\nlink set late0 up\naddress add 10.7.0.1/24 dev late0\n",
    );
    let second = second("192.168.0.7", "    @xvrrpd xdp_mode auto\n");
    let second = second.replace("interface eth0", "interface late0");
    lab.r1
        .write_config(&format!("{}\n{second}", off(seeds::MASTER_CONF)));
    assert_eq!(reload(&lab.r1), Reloaded::Complete);

    let why = "the XDP program was not loaded";
    assert!(lab.r1.said(&["Reload: late0 is brought up", why]));
    within(PATIENCE, "the log says it where the others say it", || {
        lab.r1.said(&["XDP on late0:", why])
    });
}

/// r1 is Active, and there is nobody else.
fn alone() -> Lab {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd));
    lab.start_alone(&lab.r1);
    lab
}

/// Has a node serve a second router as well, with one address beside those of the seeds.
fn with_second(node: &Node, address: &str, more: &str) {
    node.write_config(&format!(
        "{}\n{}",
        seeds::MASTER_CONF,
        second(address, more)
    ));
    assert_eq!(reload(node), Reloaded::Complete);
}

fn second(addresses: &str, more: &str) -> String {
    format!(
        "vrrp_instance VI_2 {{\n    interface eth0\n    virtual_router_id 90\n{more}    \
         virtual_ipaddress_excluded {{\n        {addresses} dev eth1\n    }}\n}}\n"
    )
}

fn write_script(node: &Node, name: &str, text: &str) {
    let path = node.machine().path(&format!("/etc/keepalived/{name}"));
    fs::write(&path, text).expect("the node has a folder for its scripts");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be executable");
}

fn both_are_active(node: &Node) {
    within(PATIENCE, "both are Active", || {
        node.said(&["(HA_V1) Entering MASTER STATE"])
            && node.said(&["(VI_2) Entering MASTER STATE"])
    });
    within(PATIENCE, "and have announced their addresses", || {
        node.holds(Ipv4Addr::new(192, 168, 0, 7)) || node.holds(Ipv4Addr::new(172, 16, 5, 1))
    });
}

/// The seed without one of its addresses.
fn without(address: Ipv4Addr) -> String {
    seeds::MASTER_CONF.replace(&format!("{address} dev eth1"), "")
}

/// Lets the election thread wait so long whenever it makes this call.
fn slow(node: &Node, call: &str, delay: Duration) -> Background {
    let trace = format!(
        "for task in /proc/[0-9]*/task/*; do\n\
         if [ \"$(cat $task/comm)\" = election ]; then\n\
         exec strace -qq -o /run/lab/slow -e trace={call},poll,ppoll -e inject={call}:delay_enter={} -p ${{task##*/}}\n\
         fi; done",
        delay.as_micros()
    );
    let strace = Background::start(node.machine().command("sh").args(["-c", &trace]));
    let file = node.machine().path("/run/lab/slow");
    within(PATIENCE, "strace sees the election wait", || {
        fs::read_to_string(&file).is_ok_and(|text| text.contains("poll("))
    });
    strace
}

/// The longest time without an advert of r1 from `since` on.
fn longest_silence(lab: &Lab, since: Moment, until: Moment) -> Duration {
    let address = lab.r1.identity().first;
    let adverts = lab.first.advertisements_from(address, since);
    let of_the_seed = adverts.iter().filter(|advert| advert.vrid == seeds::VRID);
    let mut heard = vec![since];
    heard.extend(of_the_seed.map(|advert| advert.at).filter(|at| *at < until));
    heard.push(until);
    let gaps = heard.windows(2).map(|pair| pair[1].since(pair[0]));
    gaps.max().unwrap_or_default()
}

/// What happens to the addresses of a node.
struct Watch<'a> {
    node: &'a Node,
    _monitor: Background,
}

impl<'a> Watch<'a> {
    const FILE: &'static str = "/run/lab/addresses";
    const MARK: &'static str = "10.99.99.99";

    fn on(node: &'a Node) -> Self {
        let monitor = format!("exec ip -oneline monitor address >{}", Self::FILE);
        let monitor = Background::start(node.machine().command("sh").args(["-c", &monitor]));
        let watch = Self {
            node,
            _monitor: monitor,
        };
        within(PATIENCE, "the monitor hears", || {
            watch.text_after_a_mark().is_some()
        });
        watch
    }

    /// The lines about addresses that went, until now.
    fn removed(&self) -> Vec<String> {
        let mut text = String::new();
        within(PATIENCE, "the monitor has heard everything", || {
            self.text_after_a_mark().is_some_and(|told| {
                text = told;
                true
            })
        });
        let removed = text.lines().filter(|line| line.starts_with("Deleted"));
        let removed = removed.filter(|line| !line.contains(Self::MARK));
        removed.map(str::to_owned).collect()
    }

    /// Everything up to a mark that was just made, if that has been heard.
    fn text_after_a_mark(&self) -> Option<String> {
        let file = self.node.machine().path(Self::FILE);
        let text = || fs::read_to_string(&file).unwrap_or_default();
        let marks = |text: &str| text.matches(Self::MARK).count();
        let before = marks(&text());
        let mark = format!(
            "address add {0}/32 dev lo\naddress del {0}/32 dev lo\n",
            Self::MARK
        );
        self.node.machine().ip_batch(&mark);
        Some(text()).filter(|text| marks(text) >= before + 2)
    }
}
