//! The whole laboratory: who is there, and how they are wired.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use crate::binaries::Daemon;
use crate::condition::within;
use crate::frame::Mac;
use crate::host::Host;
use crate::moment::Moment;
use crate::namespace::Namespace;
use crate::node::{Identity, Node};
use crate::observer::NodeName;
use crate::process::Background;
use crate::seeds;
use crate::timeline::Timeline;
use crate::wiretap::Wiretap;

mod evidence;
mod plan;
mod wiring;

pub use plan::{Equipment, Plan, TALKATIVE, TERSE};
use wiring::{Cable, connect, lay_bridges};

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
    _hubs: Vec<Background>,
    // The last field: the machines inside end before the one around them.
    switch: Namespace,
}

/// What a start may take until the node is Active: four seconds of listening, and the kernel's check of the program, which on a busy machine
/// has taken as long again.
const STARTING: Duration = Duration::from_secs(25);

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
        Self::watched(plan, &mut |_| {})
    }

    /// The same, for somebody who wants to know what is being made; it takes seconds.
    ///
    /// # Panics
    ///
    /// If the lab cannot be made, which takes root.
    #[must_use]
    pub fn watched(plan: &Plan, progress: &mut dyn FnMut(&str)) -> Self {
        progress("a switch with two networks");
        let switch = Namespace::new("switch", &plan.binaries);
        lay_bridges(&switch);
        let [r1, r2, h] = IDENTITIES;
        let mut hubs = Vec::new();
        let mut router = |identity: Identity, equipment: &Equipment| {
            progress(&format!(
                "{}, with a mail server and HAProxy",
                identity.name
            ));
            let stand_in = stand_in(plan, equipment.daemon);
            let machine = switch.inside(identity.name, &plan.binaries, stand_in);
            hubs.extend(connect(&switch, &machine, identity, Cable::of(plan)));
            Node::new(machine, identity, equipment)
        };
        let (r1, r2) = (router(r1, &plan.r1), router(r2, &plan.r2));
        progress("h, the client and the stranger");
        let machine = switch.inside(h.name, &plan.binaries, None);
        hubs.extend(connect(&switch, &machine, h, Cable::KEEPS_TAGS));
        progress("a wiretap on each network");
        let (first, second) = (
            Wiretap::on(&switch, "lan0", plan.capture),
            Wiretap::on(&switch, "lan1", plan.capture),
        );
        let host = Host::new(machine);
        let client = host.ask(seeds::ADDRESSES[0]);
        Self {
            r1,
            r2,
            host,
            first,
            second,
            client,
            _hubs: hubs,
            switch,
        }
    }

    /// Starts r1, waits until it is Active, and has r2 join it as Backup and hear it.
    #[track_caller]
    pub fn elect(&self) {
        self.start_alone(&self.r1);
        self.r2.start_daemon();
        within(STARTING, "r2 becomes Backup", || self.r2.is_backup());
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
        within(STARTING, &what, || {
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

/// What to bind over keepalived's program, if anything; better missed now than by `mount`.
fn stand_in(plan: &Plan, daemon: Daemon) -> Option<&Path> {
    let stand_in = daemon.stand_in(&plan.binaries)?;
    assert!(
        stand_in.exists(),
        "there is no daemon at {} (XVRRPD_BIN names another)",
        stand_in.display()
    );
    Some(stand_in)
}

/// Who is who. The router ids in the seeds' comments say which file goes with which address.
const IDENTITIES: [Identity; 3] = [
    identity("r1", 9, 101),
    identity("r2", 10, 100),
    // No router; its priority is never asked for.
    identity("h", 200, 0),
];

/// The priority that the seed of this node gives it.
#[must_use]
pub const fn priority(node: NodeName) -> u8 {
    IDENTITIES[node.index()].priority
}

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
