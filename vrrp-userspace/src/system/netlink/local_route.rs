//! An address as a host route of type `local`: what an address comes to inside the kernel, without the list that it walks for each.
//!
//! The kernel takes packets for such an address, lets sockets bind to it and, for IPv4, answers ARP for it. 20,000 of them take it some 20 ms
//! where 20,000 addresses of one interface take it 10 s.

use std::{collections::BTreeMap, fmt, fs, net::IpAddr, path::Path};

use rtnetlink::packet_route::{
    AddressFamily, RouteNetlinkMessage,
    link::{InfoPortKind, LinkAttribute, LinkInfo, LinkMessage},
    route::{
        RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope,
        RouteType,
    },
};
use rustix::io::Errno;

use super::{ADDRESS_PROTOCOL, Link, Netlink, NetlinkError};
use crate::protocol::Family;

/// `RT_TABLE_LOCAL`, which the kernel looks into before any other.
pub(super) const TABLE_LOCAL: u8 = 255;

/// The number of `lo`, which is 1 in every network namespace (`LOOPBACK_IFINDEX`). The route does not go with the interface that the address
/// is announced on, as an address would not either.
const LOOPBACK: u32 = 1;

/// Why the addresses of an interface should not be local routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// For IPv4. `arp_ignore` has this value: the kernel answers ARP for addresses of the interface itself alone.
    ArpIgnore(u8),
    /// For IPv6. `ip_nonlocal_bind` is off: no program can bind to an address that no interface has, unless it asks for that itself
    /// (`IPV6_FREEBIND`, `IPV6_TRANSPARENT`).
    NonlocalBind,
    /// The interface is part of a VRF, which has a local table of its own.
    Vrf,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ArpIgnore(value) => write!(f, "arp_ignore is {value} there"),
            Self::NonlocalBind => f.write_str("net.ipv6.ip_nonlocal_bind is 0"),
            Self::Vrf => f.write_str("it belongs to a VRF"),
        }
    }
}

/// Obstacles by interface and family; nothing stands in the way of those that are not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obstacles(BTreeMap<String, BTreeMap<Family, Obstacle>>);

impl Obstacles {
    /// What stands in the way of local routes instead of addresses of `family` on `interface`.
    #[must_use]
    pub fn on(&self, interface: &str, family: Family) -> Option<Obstacle> {
        self.0.get(interface)?.get(&family).copied()
    }

    /// Something stands in the way.
    pub fn note(&mut self, interface: &str, family: Family, obstacle: Obstacle) {
        let of_interface = self.0.entry(interface.to_owned()).or_default();
        of_interface.insert(family, obstacle);
    }
}

/// The message that adds or names the route to `address`, with our mark: the protocol of the route (`ip route show … proto 112`).
pub(super) fn route_to(address: IpAddr) -> RouteMessage {
    let mut message = RouteMessage::default();
    let (length, destination) = match address {
        IpAddr::V4(address) => (32, RouteAddress::Inet(address)),
        IpAddr::V6(address) => (128, RouteAddress::Inet6(address)),
    };
    message.header = local(address);
    message.header.destination_prefix_length = length;
    message.attributes = vec![
        RouteAttribute::Destination(destination),
        RouteAttribute::Oif(LOOPBACK),
    ];
    message
}

/// What all routes of ours to addresses of the family of `address` have in common.
fn local(address: IpAddr) -> RouteHeader {
    RouteHeader {
        address_family: match address {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        },
        table: TABLE_LOCAL,
        protocol: RouteProtocol::from(ADDRESS_PROTOCOL),
        scope: RouteScope::Host,
        kind: RouteType::Local,
        ..RouteHeader::default()
    }
}

/// Where `message` leads to, if it is a local route with our mark.
fn ours(message: &RouteMessage) -> Option<IpAddr> {
    let header = &message.header;
    let is_ours = header.table == TABLE_LOCAL
        && u8::from(header.protocol) == ADDRESS_PROTOCOL
        && header.kind == RouteType::Local;
    let mut attributes = message.attributes.iter().filter(|_| is_ours);
    attributes.find_map(|attribute| {
        if let RouteAttribute::Destination(RouteAddress::Inet(address)) = attribute {
            Some(IpAddr::V4(*address))
        } else if let RouteAttribute::Destination(RouteAddress::Inet6(address)) = attribute {
            Some(IpAddr::V6(*address))
        } else {
            None
        }
    })
}

impl Netlink {
    /// On which interfaces addresses should not be local routes. If the links cannot be listed, no VRF is known.
    pub async fn obstacles_to_local_routes(&self) -> Obstacles {
        let links = self.link_messages().await.unwrap_or_default();
        let binds_nonlocal = setting("ipv6/ip_nonlocal_bind") == Some(1);
        let nonlocal_bind = (!binds_nonlocal).then_some(Obstacle::NonlocalBind);
        let mut obstacles = Obstacles::default();
        for message in &links {
            let Some(Link { name, .. }) = Link::from_message(message) else {
                continue;
            };
            let vrf = is_in_vrf(message).then_some(Obstacle::Vrf);
            let ipv4 = vrf.or_else(|| arp_ignore(&name).map(Obstacle::ArpIgnore));
            for (family, obstacle) in [(Family::Ipv4, ipv4), (Family::Ipv6, vrf.or(nonlocal_bind))]
            {
                if let Some(obstacle) = obstacle {
                    obstacles.note(&name, family, obstacle);
                }
            }
        }
        obstacles
    }

    /// The addresses that are here as local routes with our mark. The kernel picks them out, so that a router's full table costs nothing.
    ///
    /// # Errors
    /// When the kernel refuses or does not answer.
    pub async fn local_routes(&self) -> Result<Vec<IpAddr>, NetlinkError> {
        let mut found = Vec::new();
        for any in [IpAddr::from([0; 4]), IpAddr::from([0; 16])] {
            let mut question = RouteMessage::default();
            question.header = local(any);
            // The kernel refuses a question with a scope.
            question.header.scope = RouteScope::Universe;
            let answers = self
                .socket
                .dump(RouteNetlinkMessage::GetRoute(question))
                .await;
            match answers {
                Ok(answers) => found.extend(answers.iter().filter_map(route_in)),
                // Nothing has ever been in the table, or the kernel has no IPv6.
                Err(NetlinkError::Refused(
                    Errno::NOENT | Errno::AFNOSUPPORT | Errno::OPNOTSUPP,
                )) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

/// The address in an answer that tells of a local route with our mark.
pub(super) fn route_in(answer: &RouteNetlinkMessage) -> Option<IpAddr> {
    if let RouteNetlinkMessage::NewRoute(route) | RouteNetlinkMessage::DelRoute(route) = answer {
        ours(route)
    } else {
        None
    }
}

fn is_in_vrf(message: &LinkMessage) -> bool {
    message.attributes.iter().any(|attribute| {
        if let LinkAttribute::LinkInfo(infos) = attribute {
            infos.contains(&LinkInfo::PortKind(InfoPortKind::Vrf))
        } else {
            false
        }
    })
}

/// The `arp_ignore` that the kernel goes by on `interface`, unless it is 0: the greater of its own and that for all.
fn arp_ignore(interface: &str) -> Option<u8> {
    let of = |name: &str| setting(&format!("ipv4/conf/{name}/arp_ignore"));
    let value = of("all").max(of(interface))?;
    (value > 0).then_some(value)
}

/// The small number beneath `/proc/sys/net`; `None` if there is none.
fn setting(name: &str) -> Option<u8> {
    let said = fs::read_to_string(Path::new("/proc/sys/net").join(name)).ok()?;
    said.trim().parse().ok()
}
