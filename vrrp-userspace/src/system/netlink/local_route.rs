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

/// `RT_TABLE_LOCAL`, which the kernel looks into before any other.
pub(super) const TABLE_LOCAL: u8 = 255;

/// The number of `lo`, which is 1 in every network namespace (`LOOPBACK_IFINDEX`). The route does not go with the interface that the address
/// is announced on, as an address would not either.
const LOOPBACK: u32 = 1;

/// Why the addresses of an interface should not be local routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// `arp_ignore` has this value: the kernel answers ARP for addresses of the interface itself alone.
    ArpIgnore(u8),
    /// The interface is part of a VRF, which has a local table of its own.
    Vrf,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ArpIgnore(value) => write!(f, "arp_ignore is {value} there"),
            Self::Vrf => f.write_str("it belongs to a VRF"),
        }
    }
}

/// Obstacles by interface; nothing stands in the way on those that are not among them.
pub type Obstacles = BTreeMap<String, Obstacle>;

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
        let named = links.iter().filter_map(|message| {
            let name = Link::from_message(message)?.name;
            let obstacle = if is_in_vrf(message) {
                Some(Obstacle::Vrf)
            } else {
                arp_ignore(&name).map(Obstacle::ArpIgnore)
            };
            obstacle.map(|obstacle| (name, obstacle))
        });
        named.collect()
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
    let of = |name: &str| -> Option<u8> {
        let path = Path::new("/proc/sys/net/ipv4/conf").join(name);
        let said = fs::read_to_string(path.join("arp_ignore")).ok()?;
        said.trim().parse().ok()
    };
    let value = of("all").max(of(interface))?;
    (value > 0).then_some(value)
}
