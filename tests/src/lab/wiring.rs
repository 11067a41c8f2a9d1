//! How the machines are wired: bridges, veth pairs, TAPs.

use std::io::{BufRead, BufReader};

use super::Plan;
use crate::namespace::{LAB_PROGRAM, Namespace};
use crate::node::Identity;
use crate::process::Background;

/// Keeps the switch itself from talking; where the kernel has no IPv6 there is nothing to keep.
fn silence(switch: &Namespace) {
    // A switch is no firewall either, whatever the host thinks of bridges.
    for kind in ["arptables", "iptables", "ip6tables"] {
        let setting = format!("net.bridge.bridge-nf-call-{kind}=0");
        drop(switch.output("sysctl", &["-w", &setting]));
    }
    drop(switch.output("sysctl", &["-w", "net.ipv6.conf.default.disable_ipv6=1"]));
}

/// Snooping would keep multicast from ports that never asked for it.
const BRIDGES: &str = "\
link add lan0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
link add lan1 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
link set lan0 up
link set lan1 up
";

/// Makes the networks.
pub(super) fn lay_bridges(switch: &Namespace) {
    silence(switch);
    switch.ip_batch(BRIDGES);
}

/// Plugs a machine into both networks and gives it its addresses. Returns the program behind its TAP, if it has one.
pub(super) fn connect(
    switch: &Namespace,
    machine: &Namespace,
    identity: Identity,
    cable: Cable,
) -> Option<Background> {
    let port = |interface| format!("{}-{interface}", identity.name);
    let hub = match cable {
        Cable::Tap => Some(plug_tap(switch, machine, &port("eth0"), "eth0")),
        Cable::Veth { strips_tags } => {
            plug_veth(switch, machine, &port("eth0"), "eth0", strips_tags);
            None
        }
    };
    // Never a TAP: the program behind it cannot finish a checksum that TCP left to the hardware.
    let strips_tags = cable == Cable::Veth { strips_tags: true };
    plug_veth(switch, machine, &port("eth1"), "eth1", strips_tags);
    for (bridge, interface, address, mac) in [
        ("lan0", "eth0", identity.first, identity.first_mac),
        ("lan1", "eth1", identity.second, identity.second_mac),
    ] {
        switch.ip_batch(&format!(
            "link set {} master {bridge} up\n",
            port(interface)
        ));
        machine.ip_batch(&format!(
            "link set {interface} address {mac} up\naddress add {address}/24 dev {interface}\n"
        ));
    }
    hub
}

/// What a machine is plugged into the first network with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cable {
    /// A veth pair.
    Veth {
        /// Whether a VLAN tag is handed over beside the frame, as the kernel does unless it is told not to.
        strips_tags: bool,
    },
    /// A TAP, whose other end is a program that carries frames to and from a port of the switch.
    Tap,
}

impl Cable {
    /// A veth pair that leaves a tag inside the frame, so that what is sent is what is seen.
    pub(super) const KEEPS_TAGS: Self = Self::Veth { strips_tags: false };

    /// What the nodes of this plan have.
    pub(super) const fn of(plan: &Plan) -> Self {
        if plan.has_taps {
            return Self::Tap;
        }
        Self::Veth {
            strips_tags: plan.strips_vlan_tags,
        }
    }
}

fn plug_veth(
    switch: &Namespace,
    machine: &Namespace,
    port: &str,
    interface: &str,
    strips_tags: bool,
) {
    let pid = machine.pid();
    switch.ip_batch(&format!(
        "link add {port} type veth peer name {interface} netns {pid}\n"
    ));
    if !strips_tags {
        keep_tags(switch, port);
        keep_tags(machine, interface);
    }
}

fn plug_tap(switch: &Namespace, machine: &Namespace, port: &str, interface: &str) -> Background {
    let (tap, behind) = (format!("{port}-tap"), format!("{port}-hub"));
    switch.ip_batch(&format!(
        "link add {port} type veth peer name {behind}\nlink set {behind} promisc on up\n"
    ));
    keep_tags(switch, port);
    keep_tags(switch, &behind);
    let mut hub = switch.command(LAB_PROGRAM);
    let (hub, output) = Background::start_to_read(hub.args(["tap", &tap, &behind]));
    let mut ready = String::new();
    BufReader::new(output)
        .read_line(&mut ready)
        .expect("the hub says that it is ready");
    assert!(!ready.is_empty(), "the hub has a TAP");
    switch.ip_batch(&format!(
        "link set {tap} netns {} name {interface}\n",
        machine.pid()
    ));
    hub
}

/// A veth hands a VLAN tag over beside the frame unless it is told to leave it inside.
fn keep_tags(machine: &Namespace, interface: &str) {
    let status = machine
        .network_command("ethtool")
        .args(["-K", interface, "rxvlan", "off", "txvlan", "off"])
        .status()
        .expect("`ethtool` runs");
    assert!(
        status.success(),
        "`ethtool -K {interface}` leaves VLAN tags alone"
    );
}
