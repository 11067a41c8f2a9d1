//! The interfaces of the plan, brought up as they appear: the program, the ear, and the voices of the routers on them.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    sync::Arc,
};

use tracing::{debug, info, warn};
use vrrp_ebpf::{
    abi::{self, PORT_FINAL, VipEntry, VipKey},
    wire::ipv4,
};

use super::{
    inbox::{Input, Outbox},
    plan::{InterfacePlan, Plan, RouterPlan},
    port::Port,
};
use crate::system::{
    advert_sender::AdvertSender,
    datapath::{AttachError, Attachment, Datapath, Interface, Publisher},
    netlink::{Link, Netlink, NetlinkError, primary_address},
    raw_socket::{Hearing, RawSocket},
};

/// The interfaces and what sits on them.
pub(super) struct Network {
    netlink: Netlink,
    /// The program, where the kernel has it.
    program: Option<(Datapath, Publisher)>,
    outbox: Outbox,
    /// By name: what an interface was when it was brought up.
    known: BTreeMap<String, Known>,
    /// The address each router speaks from.
    sources: Vec<Option<Ipv4Addr>>,
}

/// An interface that has been brought up.
struct Known {
    index: u32,
    /// What the program knows of it.
    port: abi::Port,
    /// Kept so that the program stays attached; the election has the other hand on it.
    attachment: Option<Arc<Attachment>>,
}

impl Network {
    pub(super) fn new(
        netlink: Netlink,
        program: Option<(Datapath, Publisher)>,
        outbox: Outbox,
        plan: &Plan,
    ) -> Self {
        let sources = vec![None; plan.routers.len()];
        Self {
            netlink,
            program,
            outbox,
            known: BTreeMap::new(),
            sources,
        }
    }

    /// The kernel's number of an interface that has been brought up.
    pub(super) fn index_of(&self, interface: &str) -> Option<NonZeroU32> {
        self.known
            .get(interface)
            .and_then(|known| NonZeroU32::new(known.index))
    }

    /// Brings every interface of the plan up that exists.
    pub(super) async fn look_around(&mut self, plan: &Plan) -> Vec<Link> {
        let mut links = match self.netlink.links().await {
            Ok(links) => links,
            Err(error) => {
                warn!("Netlink: the interfaces cannot be listed: {error}");
                return Vec::new();
            }
        };
        links.retain(|link| plan.port_of(&link.name).is_some());
        for link in &links {
            self.link_is_there(plan, link).await;
        }
        links
    }

    /// An interface of the plan exists. If it is new, or another one of the same name, it is brought up.
    pub(super) async fn link_is_there(&mut self, plan: &Plan, link: &Link) {
        match self.known.get(&link.name) {
            Some(known) if known.index == link.index => return,
            // The old one went and a new one came between two looks.
            Some(_) => self.link_is_gone(&link.name),
            None => {}
        }
        let Some(number) = plan.port_of(&link.name) else {
            return;
        };
        let Some(interface) = plan.interfaces.get(usize::from(number)) else {
            return;
        };
        let port = abi::Port {
            number,
            hardware_address: link.mac.unwrap_or_default(),
            flags: if self.is_final(&link.name).await {
                PORT_FINAL
            } else {
                0
            },
        };
        let attachment = self.attach(interface, link, port);
        if !interface.carries_adverts || self.listen(link, port, attachment.as_ref()) {
            let known = Known {
                index: link.index,
                port,
                attachment,
            };
            self.known.insert(link.name.clone(), known);
        }
    }

    /// Looks again whether VLAN tags may be stripped before the program: an interface for a VLAN, or a setting of the card, can come at any time.
    pub(super) async fn look_for_tags(&mut self) {
        let names: Vec<String> = self.known.keys().cloned().collect();
        for name in names {
            let flags = if self.is_final(&name).await {
                PORT_FINAL
            } else {
                0
            };
            self.set_port_flags(&name, flags);
        }
    }

    fn set_port_flags(&mut self, name: &str, flags: u32) {
        let Some(known) = self.known.get_mut(name) else {
            return;
        };
        if known.port.flags == flags || known.attachment.is_none() {
            return;
        }
        known.port.flags = flags;
        let (index, port) = (known.index, known.port);
        let hearing = if flags & PORT_FINAL == 0 {
            Hearing::Everything
        } else {
            Hearing::Undecided
        };
        info!("XDP on {name}: what it says is {}", describe(flags));
        // For a moment both may hear, and never neither.
        if hearing == Hearing::Everything {
            self.outbox.send(Input::Hear {
                port: port.number,
                hearing,
            });
        }
        if let Some((_, publisher)) = &mut self.program
            && let Err(error) = publisher.set_port(index, port)
        {
            warn!("XDP on {name}: {error}");
        }
        if hearing == Hearing::Undecided {
            self.outbox.send(Input::Hear {
                port: port.number,
                hearing,
            });
        }
    }

    /// An interface is gone; the next one of its name is another one.
    pub(super) fn link_is_gone(&mut self, name: &str) {
        self.known.remove(name);
        for source in &mut self.sources {
            // Whoever spoke there has to open a new socket; those elsewhere find theirs unchanged.
            *source = None;
        }
    }

    /// Looks up the address each router speaks from, and opens a voice where it has changed.
    ///
    /// # Errors
    ///
    /// When the addresses cannot be listed. Nothing has changed then: not knowing is no reason to give addresses up.
    pub(super) async fn find_sources(
        &mut self,
        plan: &Plan,
    ) -> Result<Vec<Option<Ipv4Addr>>, NetlinkError> {
        let mut found = self.look_for_sources(plan).await?;
        let has_lost = |(old, new): (&Option<_>, &Option<_>)| old.is_some() && new.is_none();
        if self.sources.iter().zip(&found).any(has_lost) {
            // A list taken while addresses come and go can miss one. What is missing twice is gone.
            found = self.look_for_sources(plan).await?;
        }
        for (slot, source) in found.into_iter().enumerate() {
            if source != self.sources[slot] && self.speak_from(plan, slot, source) {
                self.sources[slot] = source;
            }
        }
        Ok(self.sources.clone())
    }

    async fn look_for_sources(&self, plan: &Plan) -> Result<Vec<Option<Ipv4Addr>>, NetlinkError> {
        let addresses = self.netlink.all_addresses().await?;
        let source = |router: &RouterPlan| {
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
            primary_address(&there, &virtual_addresses)
        };
        Ok(plan.routers.iter().map(source).collect())
    }

    /// Opens the voice of `slot`. `false` when that did not work and is to be tried again.
    fn speak_from(&mut self, plan: &Plan, slot: usize, source: Option<Ipv4Addr>) -> bool {
        let Some(source) = source else {
            return true;
        };
        let router = &plan.routers[slot];
        let name = &router.settings.interface;
        let Some(index) = self.index_of(name) else {
            return false;
        };
        let sender = match AdvertSender::open(index, source, ipv4::VRRP_GROUP.into()) {
            Ok(sender) => sender,
            Err(error) => {
                warn!(
                    "({}) cannot send from {source} on {name}: {error}",
                    router.settings.name
                );
                return false;
            }
        };
        let entry = router.entry(u32::try_from(slot).unwrap_or(u32::MAX), source);
        if let Some((_, publisher)) = &mut self.program
            && let Err(error) = publisher.set_router(router.key(), entry)
        {
            warn!(
                "({}) the XDP program cannot be told: {error}",
                router.settings.name
            );
        }
        self.outbox.send(Input::SpeakFrom {
            slot,
            sender,
            source,
            key: router.key(),
            entry,
        })
    }

    /// Whether what the program says of a frame is final: no VLAN tag can have been stripped before.
    async fn is_final(&self, interface: &str) -> bool {
        match self.netlink.strips_vlan_tags(interface).await {
            Ok(strips) => !strips,
            Err(error) => {
                debug!("{interface}: whether VLAN tags are stripped cannot be found out: {error}");
                false
            }
        }
    }

    fn attach(
        &mut self,
        plan: &InterfacePlan,
        link: &Link,
        port: abi::Port,
    ) -> Option<Arc<Attachment>> {
        if link.loopback {
            return None;
        }
        let (datapath, publisher) = self.program.as_mut()?;
        if let Err(error) = publisher.set_port(link.index, port) {
            warn!("XDP on {}: {error}; listening on the raw socket", link.name);
            return None;
        }
        let interface = Interface {
            name: link.name.clone(),
            index: link.index,
        };
        match datapath.attach(&interface, plan.xdp_mode) {
            Ok(attachment) => {
                log_attached(&attachment, port.flags);
                Some(Arc::new(attachment))
            }
            Err(AttachError::Off) => {
                info!(
                    "XDP on {}: off, listening on the raw socket; foreign claims of addresses go unnoticed there",
                    link.name
                );
                None
            }
            Err(error) => {
                warn!("XDP on {}: {error}; listening on the raw socket", link.name);
                None
            }
        }
    }

    fn listen(&self, link: &Link, port: abi::Port, attachment: Option<&Arc<Attachment>>) -> bool {
        let is_final = port.flags & PORT_FINAL != 0;
        let hearing = if is_final && attachment.is_some() {
            Hearing::Undecided
        } else {
            Hearing::Everything
        };
        match RawSocket::open(&link.name, link.index, hearing) {
            Ok(ear) => {
                let port = Port::new(port.number, ear, attachment.cloned());
                self.outbox.send(Input::Listen(Box::new(port)))
            }
            Err(error) => {
                warn!("no raw socket on {}: {error}", link.name);
                false
            }
        }
    }

    /// Tells the program whose addresses are on which interface.
    pub(super) fn publish_addresses(&mut self, plan: &Plan) {
        let Some((_, publisher)) = &mut self.program else {
            return;
        };
        for (slot, router) in (0_u32..).zip(&plan.routers) {
            let Some(flags) = router.vip_flags() else {
                continue;
            };
            for address in &router.addresses {
                let (Some(port), IpAddr::V4(ip)) =
                    (plan.port_of(&address.interface), address.address)
                else {
                    continue;
                };
                let key = VipKey::ipv4(port, ip.octets());
                if let Err(error) = publisher.set_vip(key, VipEntry { slot, flags }) {
                    warn!("claims of {address} will not be noticed: {error}");
                }
            }
        }
    }
}

fn log_attached(attachment: &Attachment, flags: u32) {
    let mode = if attachment.is_native {
        "native"
    } else {
        "generic"
    };
    let name = &attachment.interface.name;
    let id = attachment.link_id();
    info!(
        "XDP on {name}: attached ({mode}, link {id}); what it says is {}",
        describe(flags)
    );
}

const fn describe(flags: u32) -> &'static str {
    if flags & PORT_FINAL == 0 {
        "not final, since VLAN tags may be stripped before it: adverts are judged on the raw socket"
    } else {
        "final"
    }
}
