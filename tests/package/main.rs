//! The Debian package, installed on machines of their own: with systemd, and without.
//!
//! `XVRRPD_DEB` names it. apt needs no network here: what the package depends on, the host has.

mod machine;
mod service;
mod without_systemd;

use machine::{Init, Machine};

/// Installs the package as an administrator does.
#[track_caller]
fn install(machine: &Machine) -> String {
    machine.run("apt-get -o DPkg::Lock::Timeout=60 install --yes /srv/xvrrpd.deb 2>&1")
}

/// Puts the seed's configuration and script in their places.
#[track_caller]
fn configure(machine: &Machine) {
    machine.run(
        "cp /srv/seeds/master.conf /etc/keepalived/keepalived.conf && \
         install --mode 755 /srv/seeds/check_haproxy.sh /etc/keepalived/check_haproxy.sh",
    );
}

#[test]
fn the_pages_and_the_completions_are_where_they_are_looked_for() {
    let machine = Machine::boot(Init::Scripts);
    install(&machine);
    let page = machine.run("MANPAGER=cat man xvrrpd");
    assert!(page.contains("CAP_NET_RAW"), "{page}");
    let page = machine.run("MANPAGER=cat man xvrrpd.conf");
    assert!(page.contains("virtual_router_id"), "{page}");
    machine.run("man --where xvrrpd-check");
    let bash = "/usr/share/bash-completion/completions/xvrrpd";
    let complete = machine.run(&format!("bash -c 'source {bash} && complete -p xvrrpd'"));
    assert!(complete.contains("_xvrrpd"), "{complete}");
}

#[test]
fn systemd_finds_little_exposed_and_nothing_to_complain_about() {
    // A tenth of it is RestrictRealtime=, which the elections need open.
    const TENTHS: &str = "40";
    let machine = Machine::boot(Init::Systemd);
    install(&machine);
    machine.run(&format!(
        "systemd-analyze security --no-pager --threshold={TENTHS} xvrrpd.service"
    ));
    let complaints = machine.run("systemd-analyze verify xvrrpd.service 2>&1");
    assert_eq!(complaints, "");
}
