//! Without systemd, `service` runs init scripts.

use vrrp_tests::eventually;

use crate::machine::{Init, Machine};
use crate::{configure, install};

#[test]
fn service_keepalived_starts_reports_and_stops_us() {
    let machine = Machine::boot(Init::Scripts);
    configure(&machine);
    machine.run("service haproxy start");
    install(&machine);
    machine.run("service keepalived start");
    machine.eventually_holds(true);
    machine.run("service keepalived status");
    machine.run("service xvrrpd restart");
    machine.eventually_holds(true);

    machine.run("service keepalived stop");

    machine.eventually_holds(false);
    eventually("the pid file is gone", || {
        !machine.has("/run/keepalived.pid")
    });
}

#[test]
fn the_seeds_script_stops_us() {
    let machine = Machine::boot(Init::Scripts);
    configure(&machine);
    machine.run("service haproxy start");
    install(&machine);
    machine.run("service xvrrpd start");
    machine.eventually_holds(true);

    machine.run("echo nonsense >>/etc/haproxy/haproxy.cfg; service haproxy stop");

    machine.eventually_holds(false);
    eventually("the daemon has ended", || {
        !machine.output("pidof xvrrpd").status.success()
    });
}

#[test]
fn a_purge_leaves_no_script_behind() {
    let machine = Machine::boot(Init::Scripts);
    install(&machine);
    machine.run("apt-get purge --yes xvrrpd 2>&1");
    assert_eq!(
        machine.run("find /etc/init.d /etc/rc?.d /etc/default -name '*xvrrpd*'"),
        ""
    );
    assert!(!machine.has("/etc/init.d/keepalived"));
}
