//! The interfaces of the plan, brought up as they appear: the program, the ears, and the voices of the routers on them.

pub(super) mod carrier;
mod claim_ear;
pub(super) mod inspector;
mod macvlans;
pub(super) mod port;
mod program;
mod reconfigure;
pub(super) mod standing;
pub(super) mod tally;
pub(super) mod tap;
mod view;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex},
};

use tokio::sync::mpsc;
use tracing::{debug, info, warn};
use vrrp_ebpf::abi::{self, Alert, PORT_FINAL};

use self::{
    carrier::Carrier,
    claim_ear::{ClaimEar, Watched},
    inspector::Inspector,
    macvlans::Macvlans,
    port::Port,
    standing::Standing,
    tally::Tally,
    tap::Tap,
};
pub(super) use self::{
    program::{NOT_LOADED, ProgramNews},
    view::PortView,
};
use super::{
    election::inbox::{Input, Outbox},
    plan::{Plan, RouterPlan, Terms},
};
use crate::{
    protocol::Family,
    system::{
        advert_sender::{AdvertSender, PacketSocket},
        datapath::{Datapath, Publisher},
        membership::Membership,
        netlink::{Link, Netlink, NetlinkError, ObservedAddress, primary_address},
        packet_address::FrameSocket,
        raw_socket::{Hearing, RawSocket},
    },
};

/// The interfaces and what sits on them.
pub(super) struct Network {
    netlink: Netlink,
    /// The program, where the kernel has it. Attaching takes long enough for a thread of its own.
    program: Option<(Arc<Mutex<Datapath>>, Publisher)>,
    /// Why the kernel has it not, if so.
    why_without: String,
    outlets: Outlets,
    /// By name: what an interface was when it was brought up.
    known: BTreeMap<String, Known>,
    /// By name: what the raw path judged there, whatever became of the interface.
    tallies: BTreeMap<String, Arc<Tally>>,
    /// The addresses whose claims are told.
    watched: Watched,
    carrier: Carrier,
    /// The address each router speaks from, by slot.
    sources: Sources,
    /// The interfaces with a virtual MAC that are there, by name.
    macvlans: Macvlans,
    /// For what leaves in packets, by interface, source and TTL.
    packets: BTreeMap<(NonZeroU32, IpAddr, u8), PacketSocket>,
    /// For what leaves in frames of ours.
    frames: Option<FrameSocket>,
    /// What the program was told to check, by slot.
    terms: BTreeMap<usize, Terms>,
}

/// The address each router speaks from, by slot; none where there is none.
pub(super) type Sources = BTreeMap<usize, Option<IpAddr>>;

/// Whom the interfaces have something to say to.
pub(super) struct Outlets {
    pub(super) election: Outbox,
    pub(super) inspector: Inspector,
    /// The reporter, for what ears hear.
    pub(super) alerts: mpsc::Sender<Alert>,
    /// Whoever captures, for the same.
    pub(super) tap: Arc<Tap>,
    /// The controller itself, for what takes its time.
    pub(super) news: mpsc::Sender<ProgramNews>,
}

/// An interface that has been brought up.
struct Known {
    index: u32,
    /// What the program knows of it.
    port: abi::Port,
    standing: Standing,
    /// Hears claims where the program does not judge them.
    ear: Option<ClaimEar>,
    /// Why there is no raw socket although adverts are to be heard. Nobody speaks here until there is one.
    deaf_because: Option<String>,
    /// Whether the election hears IPv6 here too.
    hears_ipv6: bool,
    /// Of groups besides the usual ones, for as long as the interface is needed: a reload that no longer names one leaves it.
    memberships: BTreeMap<IpAddr, Membership>,
}

impl Known {
    /// Whether the program has the last word on what arrives.
    const fn is_judged(&self) -> bool {
        self.standing.is_attached() && self.port.flags & PORT_FINAL != 0
    }

    /// What is left to the raw socket.
    const fn hearing(&self) -> Hearing {
        if self.is_judged() {
            Hearing::Undecided
        } else {
            Hearing::Everything
        }
    }
}

impl Network {
    pub(super) fn new(
        netlink: Netlink,
        program: Option<(Datapath, Publisher)>,
        why_without: String,
        outlets: Outlets,
    ) -> Self {
        Self {
            netlink,
            program: program
                .map(|(datapath, publisher)| (Arc::new(Mutex::new(datapath)), publisher)),
            why_without,
            outlets,
            known: BTreeMap::new(),
            tallies: BTreeMap::new(),
            watched: Watched::new(),
            carrier: Carrier::default(),
            sources: Sources::new(),
            macvlans: Macvlans::default(),
            packets: BTreeMap::new(),
            frames: None,
            terms: BTreeMap::new(),
        }
    }

    /// The kernel's number of an interface that has been brought up.
    pub(super) fn index_of(&self, interface: &str) -> Option<NonZeroU32> {
        let known = self.known.get(interface);
        let ready = known.filter(|known| known.deaf_because.is_none());
        ready.and_then(|known| NonZeroU32::new(known.index))
    }

    /// Whether everybody who is to hear adverts does; if not, the next look tries it again.
    pub(super) fn hears_everywhere(&self) -> bool {
        let mut known = self.known.values();
        known.all(|known| known.deaf_because.is_none())
    }

    /// Why the program is not loaded, if so.
    pub(super) fn why_without(&self) -> Option<&str> {
        let why = self.why_without.as_str();
        self.program.is_none().then_some(why)
    }

    /// The address that the router of `slot` speaks from.
    pub(super) fn source_of(&self, slot: usize) -> Option<IpAddr> {
        self.sources.get(&slot).copied().flatten()
    }

    /// Brings every interface of the plan up that exists.
    ///
    /// # Errors
    ///
    /// When they cannot be listed.
    pub(super) async fn look_around(&mut self, plan: &Plan) -> Result<Vec<Link>, NetlinkError> {
        let mut links = self.netlink.links().await?;
        self.macvlans.keep_those_in(&links);
        links.retain(|link| plan.port_of(&link.name).is_some());
        for link in &links {
            self.link_is_there(plan, link).await;
        }
        Ok(links)
    }

    /// An interface of the plan exists. If it is new, or another one of the same name, it is brought up.
    pub(super) async fn link_is_there(&mut self, plan: &Plan, link: &Link) {
        match self.known.get(&link.name) {
            Some(known) if known.index == link.index => return self.listen_again(plan, &link.name),
            // The old one went and a new one came between two looks.
            Some(_) => self.link_is_gone(&link.name),
            None => {}
        }
        let Some(number) = plan.port_of(&link.name) else {
            return;
        };
        let Some(interface) = plan.interfaces.get(&number) else {
            return;
        };
        let port = abi::Port {
            number,
            hardware_address: link.mac.unwrap_or_default(),
            flags: self.port_flags(&link.name).await,
        };
        let known = Known {
            index: link.index,
            port,
            standing: self.attach(interface, link, port),
            ear: None,
            deaf_because: None,
            hears_ipv6: false,
            memberships: BTreeMap::new(),
        };
        self.known.insert(link.name.clone(), known);
        if interface.carries_adverts {
            self.listen(&link.name);
        }
        self.tune_ear(&link.name);
    }

    /// Listens where that did not work the last time.
    fn listen_again(&mut self, plan: &Plan, name: &str) {
        let port = plan
            .port_of(name)
            .and_then(|port| plan.interfaces.get(&port));
        let is_deaf = |known: &Known| known.deaf_because.is_some();
        if port.is_some_and(|port| port.carries_adverts)
            && self.known.get(name).is_some_and(is_deaf)
        {
            self.listen(name);
        }
    }

    /// Looks again whether VLAN tags may be stripped before the program: an interface for a VLAN, or a setting of the card, can come at any time.
    pub(super) async fn look_for_tags(&mut self) {
        let names: Vec<String> = self.known.keys().cloned().collect();
        for name in names {
            let flags = self.port_flags(&name).await;
            self.set_port_flags(&name, flags);
        }
    }

    fn set_port_flags(&mut self, name: &str, flags: u32) {
        let Some(known) = self.known.get_mut(name) else {
            return;
        };
        if known.port.flags == flags || !known.standing.is_attached() {
            return;
        }
        known.port.flags = flags;
        let (index, port, is_judged) = (known.index, known.port, known.is_judged());
        info!("XDP on {name}: what it says is {}", describe(flags));
        // For a moment both may hear, and never neither.
        if !is_judged {
            self.tune(name);
        }
        if let Some((_, publisher)) = &mut self.program
            && let Err(error) = publisher.set_port(index, port)
        {
            warn!("XDP on {name}: {error}");
        }
        if is_judged {
            self.tune(name);
        }
    }

    /// Has the raw path hear what the program does not judge, no more and no less.
    fn tune(&mut self, name: &str) {
        if let Some(known) = self.known.get(name) {
            self.outlets.election.send(Input::Hear {
                port: known.port.number,
                hearing: known.hearing(),
            });
            self.tune_ear(name);
        }
    }

    /// Opens the ear for claims, or drops it. Without one, claims go unnoticed, and that is said.
    fn tune_ear(&mut self, name: &str) {
        let tally = self.tally(name);
        let Some(known) = self.known.get_mut(name) else {
            return;
        };
        if known.is_judged() {
            known.ear = None;
        } else if known.ear.is_none() {
            let outlets = ear_outlets(&self.outlets, tally);
            match ClaimEar::open(known.index, known.port, &self.watched, outlets) {
                Ok(ear) => known.ear = ear,
                Err(error) => {
                    warn!("foreign claims of addresses go unnoticed on {name}: {error}");
                }
            }
        }
    }

    /// The counters of the raw path on an interface, which outlive it.
    fn tally(&mut self, name: &str) -> Arc<Tally> {
        Arc::clone(self.tallies.entry(name.to_owned()).or_default())
    }

    /// What the raw path has judged on each interface by name, and how much there was no room for.
    pub(super) fn raw_counters(&self) -> impl Iterator<Item = (&str, abi::Counters, u64)> {
        self.tallies
            .iter()
            .map(|(name, tally)| (name.as_str(), tally.counters(), tally.losses()))
    }

    /// Writes that into the log, where there is something to say.
    pub(super) fn log_raw_counters(&self) {
        for (name, counters, losses) in self.raw_counters() {
            let counted = counters.iter().chain([("lost", losses)]);
            let counted = counted.filter(|(_, count)| *count > 0);
            let counted: Vec<_> = counted
                .map(|(reason, count)| format!("{reason} {count}"))
                .collect();
            if !counted.is_empty() {
                debug!("raw path on {name}: {}", counted.join(", "));
            }
        }
    }

    /// An interface is gone; the next one of its name is another one.
    pub(super) fn link_is_gone(&mut self, name: &str) {
        if let Some(known) = self.known.remove(name) {
            self.outlets.inspector.forget(known.port.number);
            self.packets
                .retain(|(index, ..), _| index.get() != known.index);
        }
        self.carrier.forget(name);
        for source in self.sources.values_mut() {
            // Whoever spoke there has to open a new socket; those elsewhere find theirs unchanged.
            *source = None;
        }
    }

    /// Looks up the address each router speaks from, and opens a voice where it has changed.
    ///
    /// # Errors
    ///
    /// When the addresses cannot be listed. Nothing has changed then: not knowing is no reason to give addresses up.
    pub(super) async fn find_sources(&mut self, plan: &Plan) -> Result<Sources, NetlinkError> {
        let (mut found, mut addresses) = self.look_for_sources(plan).await?;
        let has_lost = |(slot, new): (&usize, &Option<IpAddr>)| {
            new.is_none() && self.sources.get(slot).is_some_and(Option::is_some)
        };
        if found.iter().any(has_lost) {
            // A list taken while addresses come and go can miss one. What is missing twice is gone.
            (found, addresses) = self.look_for_sources(plan).await?;
        }
        self.macvlans.learn(plan, &addresses);
        for (slot, source) in found {
            let known = self.sources.get(&slot).copied().flatten();
            if source != known && self.speak_from(plan, slot, source) {
                self.sources.insert(slot, source);
            }
        }
        Ok(self.sources.clone())
    }

    async fn look_for_sources(
        &self,
        plan: &Plan,
    ) -> Result<(Sources, Vec<ObservedAddress>), NetlinkError> {
        let addresses = self.netlink.all_addresses().await?;
        let source = |(slot, router): (&usize, &RouterPlan)| {
            let interface = &router.settings.interface;
            let virtual_addresses: Vec<IpAddr> = router
                .addresses
                .iter()
                .map(|address| address.address)
                .collect();
            let there: Vec<_> = addresses
                .iter()
                .filter(|observed| observed.address.interface == *interface && !observed.is_ours)
                .cloned()
                .collect();
            let family = router.settings.family;
            let source = match router.reach.source {
                Some(configured) => is_there(configured, &addresses).then_some(configured),
                None => primary_address(family, &there, &virtual_addresses),
            };
            (*slot, source)
        };
        let sources = plan.routers.iter().map(source).collect();
        Ok((sources, addresses))
    }

    /// Opens the voice of `slot`. `false` when that did not work and is to be tried again.
    fn speak_from(&mut self, plan: &Plan, slot: usize, source: Option<IpAddr>) -> bool {
        let Some(source) = source else {
            return true;
        };
        let Some(router) = plan.routers.get(&slot) else {
            return true;
        };
        let name = &router.settings.interface;
        let Some(index) = self.index_of(name) else {
            return false;
        };
        let family = router.settings.family;
        if family == Family::Ipv6 && !self.hear_ipv6(name) {
            return false;
        }
        if let Some(group) = router.reach.audience.group()
            && let Err(error) = self.join(name, group)
        {
            warn!("{group} cannot be joined on {name}: {error}; it is tried again");
            return false;
        }
        let destinations = router.reach.audience.destinations(source);
        let hop_limit = router.reach.sent_hop_limit();
        let opened = match router.speaks_as {
            None => self
                .packets(index, source, hop_limit)
                .and_then(|packets| AdvertSender::in_packets(packets, &destinations)),
            Some(mac) => self.frames().and_then(|frames| {
                AdvertSender::in_frames(frames, mac, index, source, &destinations)
            }),
        };
        let sender = match opened {
            Ok(sender) => sender,
            Err(error) => {
                warn!(
                    "({}) cannot send from {source} on {name}: {error}",
                    router.settings.name
                );
                return false;
            }
        };
        let terms = Box::new(self.publish_router(router, slot, source));
        self.outlets.election.send(Input::SpeakFrom {
            slot,
            sender,
            terms,
        })
    }

    /// The socket for packets from `source`, opened when somebody needs it. Those that nobody has any more are closed here, and not by the
    /// election, which has other things to do.
    fn packets(
        &mut self,
        index: NonZeroU32,
        source: IpAddr,
        hop_limit: u8,
    ) -> io::Result<PacketSocket> {
        self.packets.retain(|_, socket| !socket.is_idle());
        match self.packets.entry((index, source, hop_limit)) {
            Entry::Occupied(open) => Ok(open.get().clone()),
            Entry::Vacant(place) => {
                let socket = PacketSocket::open(index, source, hop_limit)?;
                Ok(place.insert(socket).clone())
            }
        }
    }

    /// The socket for frames, opened when somebody needs it.
    fn frames(&mut self) -> io::Result<FrameSocket> {
        match &self.frames {
            Some(frames) => Ok(frames.clone()),
            None => Ok(self.frames.insert(FrameSocket::open()?).clone()),
        }
    }

    /// Has what is for `group` arrive on an interface, unless the ears there have seen to it already.
    fn join(&mut self, name: &str, group: IpAddr) -> io::Result<()> {
        let Some(known) = self.known.get_mut(name) else {
            return Ok(());
        };
        if group == Family::of(group).group() || known.memberships.contains_key(&group) {
            return Ok(());
        }
        let membership = Membership::of(group, known.index)?;
        known.memberships.insert(group, membership);
        Ok(())
    }

    /// Whether what the program says of a frame is final: no VLAN tag can have been stripped before.
    async fn port_flags(&self, interface: &str) -> u32 {
        match self.netlink.strips_vlan_tags(interface).await {
            Ok(false) => PORT_FINAL,
            Ok(true) => 0,
            Err(error) => {
                debug!("{interface}: whether VLAN tags are stripped cannot be found out: {error}");
                0
            }
        }
    }

    /// Has the election hear IPv6 on an interface too; only where somebody has an address to speak from does that work.
    fn hear_ipv6(&mut self, name: &str) -> bool {
        let Some(known) = self.known.get_mut(name) else {
            return false;
        };
        if known.hears_ipv6 {
            return true;
        }
        match RawSocket::open(name, known.index, Family::Ipv6, known.hearing()) {
            Ok(ear) => {
                let port = known.port.number;
                known.hears_ipv6 = self.outlets.election.send(Input::HearAlso { port, ear });
                known.hears_ipv6
            }
            Err(error) => {
                warn!("no raw socket for IPv6 on {name}: {error}; it is tried again");
                false
            }
        }
    }

    /// Has the election listen on an interface that has been brought up. If that does not work it is said, and tried again at the next look.
    fn listen(&mut self, name: &str) {
        let tally = self.tally(name);
        let Some(known) = self.known.get_mut(name) else {
            return;
        };
        let before = known.deaf_because.take();
        known.hears_ipv6 = false;
        match RawSocket::open(name, known.index, Family::Ipv4, known.hearing()) {
            Ok(ear) => {
                let port = Port::new(known.port.number, name, ear, tally);
                self.outlets.election.send(Input::Listen(Box::new(port)));
                if before.is_some() {
                    info!("listening on {name} now");
                }
            }
            Err(error) => {
                let why = error.to_string();
                if before.as_ref() != Some(&why) {
                    warn!("no raw socket on {name}: {why}; it is tried again");
                }
                known.deaf_because = Some(why);
            }
        }
    }
}

/// Whether the host has this address, and nobody else on the link has.
fn is_there(address: IpAddr, observed: &[ObservedAddress]) -> bool {
    let mut observed = observed.iter();
    observed.any(|observed| observed.address.address == address && !observed.is_tentative)
}

fn ear_outlets(outlets: &Outlets, tally: Arc<Tally>) -> claim_ear::Outlets {
    claim_ear::Outlets {
        tally,
        alerts: outlets.alerts.clone(),
        tap: Arc::clone(&outlets.tap),
    }
}

const fn describe(flags: u32) -> &'static str {
    if flags & PORT_FINAL == 0 {
        "not final, since VLAN tags may be stripped before it: adverts and claims are judged on raw sockets"
    } else {
        "final"
    }
}
