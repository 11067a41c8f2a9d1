//! Under systemd: in keepalived's place, from the installation to the purge.

use vrrp_tests::{eventually, within};

use std::time::Duration;

use crate::machine::{Init, Machine};
use crate::{configure, install};

/// With HAProxy, keepalived and the seed running as an administrator left them.
fn with_keepalived() -> Machine {
    let machine = Machine::boot(Init::Systemd);
    configure(&machine);
    machine.run("systemctl enable --now haproxy keepalived 2>&1");
    machine.eventually_holds(true);
    machine
}

/// The same with the package in keepalived's place, and Active.
fn with_the_package() -> Machine {
    let machine = Machine::boot(Init::Systemd);
    configure(&machine);
    machine.run("systemctl enable --now haproxy keepalived 2>&1");
    install(&machine);
    machine.eventually_holds(true);
    machine
}

fn is(machine: &Machine, unit: &str, state: &str) -> bool {
    machine.says(&format!("systemctl is-active {unit}"), state)
}

fn shown(machine: &Machine, property: &str) -> String {
    machine.run(&format!("systemctl show --value -p {property} xvrrpd"))
}

#[test]
fn the_package_takes_keepaliveds_place_and_the_seed_keeps_working() {
    let machine = with_keepalived();
    let said = install(&machine);
    assert!(said.contains("Removing keepalived"), "{said}");

    eventually("the service says its role", || {
        shown(&machine, "StatusText") == "1 virtual router: 1 MASTER"
    });
    machine.eventually_holds(true);
    assert!(is(&machine, "keepalived", "active"), "under the old name");
    machine.run("cmp /srv/seeds/master.conf /etc/keepalived/keepalived.conf");
    for interface in ["eth0", "eth1"] {
        let link = machine.run(&format!("ip -details link show {interface}"));
        assert!(link.contains("prog/xdp"), "under the filter too: {link}");
    }
    let status = machine.run("cat /proc/$(cat /run/keepalived.pid)/status");
    assert!(
        status.contains("NoNewPrivs:\t0"),
        "sudo in scripts: {status}"
    );

    let said = machine.run("apt-get purge --yes keepalived 2>&1");
    assert!(said.contains("Purging"), "{said}");
    assert!(is(&machine, "keepalived", "active"));
    assert!(machine.has("/etc/keepalived/keepalived.conf"));
    machine.run("service keepalived restart");
    machine.eventually_holds(true);
}

#[test]
fn the_seeds_script_heals_haproxy_and_stops_the_service_for_good() {
    let machine = with_the_package();
    machine.run("systemctl stop haproxy");
    eventually("the script starts haproxy", || {
        is(&machine, "haproxy", "active")
    });
    assert!(is(&machine, "xvrrpd", "active"));

    machine.run("echo nonsense >>/etc/haproxy/haproxy.cfg; systemctl stop haproxy");

    eventually("the script stops us", || is(&machine, "xvrrpd", "inactive"));
    machine.eventually_holds(false);
    assert_eq!(shown(&machine, "Result"), "success", "it was told to stop");
}

#[test]
fn what_a_script_may_do_under_the_unit_is_what_the_manual_says() {
    let machine = with_the_package();
    let script = "#!/bin/sh\n\
        exec >/var/found 2>&1\n\
        try() { name=$1; shift; if \"$@\" >/dev/null 2>&1; then echo $name; else echo no $name; fi; }\n\
        try etc touch /etc/mark\n\
        try var touch /var/mark\n\
        try tmp touch /tmp/mark\n\
        try chown chown nobody /var/mark\n\
        try sysctl sysctl -w net.ipv4.ip_forward=1\n\
        try address ip address show dev eth0\n\
        try become runuser -u nobody true\n\
        try systemctl systemctl is-active haproxy\n\
        try home touch /home/mark\n\
        try usr touch /usr/mark\n\
        try kernel sysctl -w kernel.domainname=mark\n\
        try mount mount -t tmpfs none /mnt\n\
        try namespace unshare --net true\n\
        echo done\n";
    machine.run(&format!(
        "printf '%s' '{}' >/etc/keepalived/check_haproxy.sh",
        script.replace('\'', "'\\''")
    ));
    machine.run("systemctl restart xvrrpd");
    eventually("the script has tried", || {
        machine.says("tail -n 1 /var/found", "done")
    });
    let found = machine.run("cat /var/found");
    let expected = [
        "etc",
        "var",
        "tmp",
        "chown",
        "sysctl",
        "address",
        "become",
        "systemctl",
        "no home",
        "no usr",
        "no kernel",
        "no mount",
        "no namespace",
        "done",
    ];
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
    assert!(machine.has("/tmp/mark"), "it is the /tmp of all");
}

#[test]
fn a_reload_changes_what_has_changed_and_fails_for_a_broken_file() {
    let machine = with_the_package();
    let pid = machine.run("cat /run/keepalived.pid");
    let ids = "ip -details link show eth0 | grep -o 'prog/xdp id [0-9]*'";
    let program = machine.run(ids);

    machine.run("sed -i 's/priority 101/priority 110/' /etc/keepalived/keepalived.conf");
    machine.run("systemctl reload keepalived");
    let log = "journalctl --unit xvrrpd --output cat";
    assert!(
        machine
            .run(log)
            .contains("`priority` changes from 101 to 110")
    );

    machine.run("sed -i 's/virtual_router_id/vrtual_router_id/' /etc/keepalived/keepalived.conf");
    let refused = machine.output("systemctl reload xvrrpd");
    assert!(!refused.status.success(), "a broken file is a failure");
    let said = machine.run(log);
    assert!(
        said.contains("vrtual_router_id") && said.contains("the running configuration stays"),
        "{said}"
    );
    assert!(is(&machine, "keepalived", "active"));
    machine.eventually_holds(true);
    assert_eq!(machine.run("cat /run/keepalived.pid"), pid);
    assert_eq!(machine.run(ids), program);

    machine.run("sed -i 's/vrtual_router_id/virtual_router_id/' /etc/keepalived/keepalived.conf");
    machine.run("service keepalived reload");
    assert!(is(&machine, "keepalived", "active"));
}

#[test]
fn a_hung_daemon_is_ended_by_the_watchdog_cleaned_up_after_and_started_again() {
    let machine = with_the_package();
    let first = machine.run("cat /run/keepalived.pid");
    machine.run(
        "thread=$(grep -lx election /proc/$(cat /run/keepalived.pid)/task/*/comm | cut -d / -f 5); \
         setsid --fork strace --attach $thread --quiet=all --trace poll,ppoll,read \
         --inject poll,ppoll,read:delay_enter=120s >/dev/null 2>&1 </dev/null",
    );

    within(Duration::from_secs(60), "the watchdog ends it", || {
        shown(&machine, "Result") == "watchdog" || shown(&machine, "NRestarts") == "1"
    });
    // Who holds a thread holds its end up, too.
    machine.output("pkill strace");

    machine.eventually_holds(false);
    eventually("it is started again", || {
        shown(&machine, "NRestarts") == "1" && is(&machine, "xvrrpd", "active")
    });
    let said = machine.run("journalctl --no-pager");
    assert!(
        said.contains(&format!("xvrrpd (process {first}) died; sent priority 0")),
        "{said}"
    );
    machine.eventually_holds(true);
}

#[test]
fn a_killed_daemon_is_cleaned_up_after_and_started_again() {
    let machine = with_the_package();
    machine.run("kill -KILL $(cat /run/keepalived.pid)");
    machine.eventually_holds(false);
    eventually("it is started again", || {
        shown(&machine, "NRestarts") == "1" && is(&machine, "xvrrpd", "active")
    });
    machine.eventually_holds(true);
}

#[test]
fn a_notify_script_of_the_stop_runs_to_its_end() {
    let machine = with_the_package();
    machine.run(
        "sed -i 's|nopreempt|nopreempt\\n    notify_stop /etc/keepalived/stopped.sh|' /etc/keepalived/keepalived.conf && \
         printf '#!/bin/sh\\nsleep 2\\necho done >/var/stopped\\n' >/etc/keepalived/stopped.sh && \
         chmod 755 /etc/keepalived/stopped.sh && systemctl restart xvrrpd",
    );
    machine.eventually_holds(true);
    machine.run("systemctl stop xvrrpd");
    eventually("the script has run", || {
        machine.says("cat /var/stopped", "done")
    });
}

#[test]
fn where_keepalived_was_disabled_the_package_starts_nothing() {
    let machine = Machine::boot(Init::Systemd);
    configure(&machine);
    machine.run("systemctl disable --now keepalived 2>&1");
    let said = install(&machine);
    assert!(said.contains("keepalived was disabled here"), "{said}");
    assert!(is(&machine, "xvrrpd", "inactive"));
    assert!(machine.says("systemctl is-enabled xvrrpd", "disabled"));

    machine.run("systemctl enable --now xvrrpd 2>&1");
    machine.eventually_holds(true);
    machine.run("service keepalived stop");
    machine.eventually_holds(false);
}

#[test]
fn after_a_purge_nothing_of_ours_is_left_and_what_is_the_administrators_stays() {
    let machine = with_the_package();
    let before = machine.run(FILES);
    assert!(before.contains("/usr/sbin/xvrrpd"), "{before}");
    machine.run("kill -USR1 $(cat /run/keepalived.pid)");
    eventually("there is a recording", || {
        machine.has("/run/keepalived.recording.json")
    });

    machine.run("apt-get purge --yes xvrrpd 2>&1");

    machine.eventually_holds(false);
    assert_eq!(machine.run(FILES), "");
    assert_eq!(machine.run("find /run -maxdepth 1 -name 'keepalived*'"), "");
    assert!(
        !machine
            .run("ip -details link show eth0")
            .contains("prog/xdp")
    );
    for file in ["keepalived.conf", "check_haproxy.sh"] {
        assert!(machine.has(&format!("/etc/keepalived/{file}")), "{file}");
    }
}

/// What bears our name, or is a link under keepalived's that leads to us.
const FILES: &str = "find /etc /lib /usr /var/lib /run -xdev \\( -name '*xvrrpd*' -o -lname '*xvrrpd*' \\) \
                     -not -path '*/doc/*' -not -path '/usr/local/*' -not -path '/usr/src/*'";
