//! The whole laboratory: who is there, and how they are wired.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::binaries::{Binaries, Daemon};
use crate::condition::within;
use crate::frame::Mac;
use crate::host::Host;
use crate::moment::Moment;
use crate::namespace::Namespace;
use crate::node::{Identity, Node};
use crate::seeds;
use crate::timeline::Timeline;
use crate::wiretap::Wiretap;

mod evidence;

/// Two nodes and a client on two networks.
///
/// The nodes advertise to each other on the first network, as the seeds have it; the virtual addresses live on the
/// second. Everything is seen on the switch, which is the outermost machine: the others, and all their processes,
/// live inside its namespaces and do not outlive it.
///
/// ```text
///              first network 10.89.0.0/24                second network 192.168.0.0/24
///
///   r1   eth0 10.89.0.9  ────╮                        ╭──── eth1 192.168.0.9    priority 101
///                            │                        │
///   r2   eth0 10.89.0.10 ────┼─ lan0 ── switch ─ lan1 ┼──── eth1 192.168.0.10   priority 100
///                            │   ▲               ▲    │
///   h    eth0 10.89.0.200 ───╯ wiretap      wiretap   ╰──── eth1 192.168.0.200  asks 192.168.0.5
/// ```
///
/// When a story panics, what was captured and logged is kept before everything vanishes.
#[derive(Debug)]
pub struct Lab {
    /// The node of `master.conf`.
    pub r1: Node,
    /// The node of `backup.conf`.
    pub r2: Node,
    /// The client, and the stranger.
    pub host: Host,
    /// What passes on the network of the advertisements.
    pub first: Wiretap,
    /// What passes on the network of the virtual addresses.
    pub second: Wiretap,
    /// What the client saw of the first virtual address, which it asks all the time.
    pub client: Timeline,
    // The last field: the machines inside end before the one around them.
    switch: Namespace,
}

/// How a lab is to be equipped.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The programs that run in it.
    pub binaries: Binaries,
    /// What r1 is given.
    pub r1: Equipment,
    /// What r2 is given.
    pub r2: Equipment,
    /// Whether the nodes' interfaces strip VLAN tags before a program sees the frame, as most real ones do.
    pub strips_vlan_tags: bool,
}

/// What a node is given.
#[derive(Debug, Clone)]
pub struct Equipment {
    /// The daemon that runs there.
    pub daemon: Daemon,
    /// Its configuration.
    pub config: String,
    /// The script that the configuration tracks.
    pub script: String,
    /// A program with arguments that starts the daemon in its own place, with less than it would have.
    pub launcher: Vec<&'static str>,
}

impl Plan {
    /// The seeds, byte for byte, for these daemons on r1 and r2.
    #[must_use]
    pub fn seeds(r1: Daemon, r2: Daemon) -> Self {
        let equipment = |daemon, config: &str| Equipment {
            daemon,
            config: config.to_owned(),
            script: seeds::CHECK_SCRIPT.to_owned(),
            launcher: Vec::new(),
        };
        Self {
            binaries: Binaries::beside_this_one(),
            r1: equipment(r1, seeds::MASTER_CONF),
            r2: equipment(r2, seeds::BACKUP_CONF),
            strips_vlan_tags: false,
        }
    }

    /// The same, with every configuration changed.
    #[must_use]
    pub fn with_configs(mut self, change: impl Fn(&str) -> String) -> Self {
        self.r1.config = change(&self.r1.config);
        self.r2.config = change(&self.r2.config);
        self
    }

    /// The same, with another script on both nodes.
    #[must_use]
    pub fn with_script(mut self, script: &str) -> Self {
        script.clone_into(&mut self.r1.script);
        script.clone_into(&mut self.r2.script);
        self
    }

    /// The same, with another program to start r1's daemon.
    #[must_use]
    pub fn with_launcher_on_r1(mut self, launcher: &[&'static str]) -> Self {
        self.r1.launcher = launcher.to_vec();
        self
    }
}

impl Lab {
    /// The seeds for these daemons; HAProxy and SMTP servers run, the daemons do not yet.
    ///
    /// # Panics
    ///
    /// If the lab cannot be made, which takes root.
    #[must_use]
    pub fn of_seeds(r1: Daemon, r2: Daemon) -> Self {
        Self::new(&Plan::seeds(r1, r2))
    }

    /// A lab as planned; HAProxy and SMTP servers run, the daemons do not yet.
    ///
    /// # Panics
    ///
    /// If the lab cannot be made, which takes root.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let switch = Namespace::new("switch", &plan.binaries);
        silence(&switch);
        switch.ip_batch(BRIDGES);
        let [r1, r2, h] = IDENTITIES;
        let router = |identity: Identity, equipment: &Equipment| {
            let stand_in = equipment.daemon.stand_in(&plan.binaries);
            if let Some(missing) = stand_in.filter(|path| !path.exists()) {
                panic!(
                    "there is no daemon at {} (XVRRPD_BIN names another)",
                    missing.display()
                );
            }
            let machine = switch.inside(identity.name, &plan.binaries, stand_in);
            connect(&switch, &machine, identity, plan.strips_vlan_tags);
            Node::new(machine, identity, equipment)
        };
        let (r1, r2) = (router(r1, &plan.r1), router(r2, &plan.r2));
        let machine = switch.inside(h.name, &plan.binaries, None);
        connect(&switch, &machine, h, false);
        let (first, second) = (Wiretap::on(&switch, "lan0"), Wiretap::on(&switch, "lan1"));
        let host = Host::new(machine);
        let client = host.ask(seeds::ADDRESSES[0]);
        Self {
            r1,
            r2,
            host,
            first,
            second,
            client,
            switch,
        }
    }

    /// Starts r1, waits until it is Active, and has r2 join it as Backup and hear it.
    #[track_caller]
    pub fn elect(&self) {
        self.start_alone(&self.r1);
        self.r2.start_daemon();
        within(Duration::from_secs(5), "r2 becomes Backup", || {
            self.r2.is_backup()
        });
        let joined = Moment::now();
        // From here on, what r2 does is due to what it heard of r1, and not to its own start.
        within(2 * seeds::ADVERTISEMENT_INTERVAL, "r1 advertises", || {
            !self
                .first
                .advertisements_from(self.r1.identity().first, joined)
                .is_empty()
        });
    }

    /// Starts one node and waits until it is Active with its addresses.
    #[track_caller]
    pub fn start_alone(&self, node: &Node) {
        node.start_daemon();
        let what = format!("{} becomes Active", node.name());
        within(Duration::from_secs(8), &what, || {
            node.is_active() && node.holds_the_addresses()
        });
    }

    /// Pulls the cable out of a node's interface, at the switch.
    #[track_caller]
    pub fn pull_cable(&self, node: &Node, interface: &str) {
        self.switch
            .ip_batch(&format!("link set {}-{interface} down\n", node.name()));
    }

    /// Plugs it in again.
    #[track_caller]
    pub fn plug_cable(&self, node: &Node, interface: &str) {
        self.switch
            .ip_batch(&format!("link set {}-{interface} up\n", node.name()));
    }

    /// The node of this name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&Node> {
        [&self.r1, &self.r2]
            .into_iter()
            .find(|node| node.name() == name)
    }

    /// The outermost machine.
    #[must_use]
    pub const fn switch(&self) -> &Namespace {
        &self.switch
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            evidence::keep(self);
        }
    }
}

/// Who is who. The router ids in the seeds' comments say which file goes with which address.
const IDENTITIES: [Identity; 3] = [
    identity("r1", 9, 101),
    identity("r2", 10, 100),
    // No router; its priority is never asked for.
    identity("h", 200, 0),
];

const fn identity(name: &'static str, number: u8, priority: u8) -> Identity {
    Identity {
        name,
        priority,
        first: Ipv4Addr::new(10, 89, 0, number),
        second: Ipv4Addr::new(192, 168, 0, number),
        first_mac: Mac([0x02, 0, 0, 0, 0, number]),
        second_mac: Mac([0x02, 0, 0, 0, 1, number]),
    }
}

/// Keeps the switch itself from talking; where the kernel has no IPv6 there is nothing to keep.
fn silence(switch: &Namespace) {
    drop(switch.output("sysctl", &["-w", "net.ipv6.conf.default.disable_ipv6=1"]));
}

/// Snooping would keep multicast from ports that never asked for it.
const BRIDGES: &str = "\
link add lan0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
link add lan1 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
link set lan0 up
link set lan1 up
";

fn connect(switch: &Namespace, machine: &Namespace, identity: Identity, strips_tags: bool) {
    let cables = [
        ("lan0", "eth0", identity.first, identity.first_mac),
        ("lan1", "eth1", identity.second, identity.second_mac),
    ];
    for (bridge, interface, address, mac) in cables {
        let port = format!("{}-{interface}", identity.name);
        switch.ip_batch(&format!(
            "link add {port} type veth peer name {interface} address {mac} netns {}\n\
             link set {port} master {bridge} up\n",
            machine.pid()
        ));
        if !strips_tags {
            keep_tags(switch, &port);
            keep_tags(machine, interface);
        }
        machine.ip_batch(&format!(
            "address add {address}/24 dev {interface}\nlink set {interface} up\n"
        ));
    }
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
