//! The routers, addresses and interfaces that every frame of the table meets.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use vrrp_ebpf::abi::{
    FAMILY_IPV4, FAMILY_IPV6, NO_GROUP, PORT_FINAL, PeerEntry, PeerKey, Port, ROUTER_CHECKS_PEERS,
    ROUTER_DROP_VALID, ROUTER_PEERS_ONLY, ROUTER_UNICAST, Role, RouterEntry, RouterKey,
    VIP_DROP_CLAIMS, VipEntry, VipKey, widen,
};
use vrrp_ebpf::verdict::Tables;
use vrrp_ebpf::wire::{ipv4, ipv6};
use vrrp_tests::frame::Mac;
use vrrp_tests::seeds;

/// The hardware address of our interface.
pub(crate) const OUR_MAC: Mac = Mac([0x02, 0, 0, 0, 0, 0x01]);
/// That of another machine.
pub(crate) const OTHER_MAC: Mac = Mac([0x02, 0, 0, 0, 0, 0x02]);
/// Our address of IPv6 on it.
pub(crate) const OUR_LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
/// The other node's.
pub(crate) const PEER_LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 9);
/// Our address on it.
pub(crate) const OUR_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 89, 0, 1);
/// The other node's.
pub(crate) const PEER: Ipv4Addr = Ipv4Addr::new(10, 89, 0, 9);

/// A virtual router of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) slot: u32,
    pub(crate) vrid: u8,
}

/// The seeds': version 2, a password, any number of addresses.
pub(crate) const SEED: Known = Known {
    slot: 0,
    vrid: seeds::VRID,
};
/// Version 3. No two VRIDs differ in one bit alone, so that a flipped bit never makes one of the other.
pub(crate) const VERSION_3: Known = Known { slot: 1, vrid: 51 };
/// Version 2 without authentication.
pub(crate) const OPEN: Known = Known { slot: 2, vrid: 60 };
/// As the seeds', with `xdp_valid_adverts drop`.
pub(crate) const DROPPING: Known = Known { slot: 3, vrid: 102 };
/// Version 3, to our own address.
pub(crate) const UNICAST: Known = Known { slot: 4, vrid: 54 };
/// As the seeds', on another interface.
pub(crate) const ELSEWHERE: Known = Known { slot: 5, vrid: 90 };
/// Over IPv6.
pub(crate) const IPV6: Known = Known { slot: 6, vrid: 105 };
/// Over IPv6, to our own address.
pub(crate) const IPV6_UNICAST: Known = Known { slot: 7, vrid: 108 };
/// Version 3, in [`OTHER_GROUP`], with the VRID of [`VERSION_3`].
pub(crate) const OTHERS: Known = Known { slot: 8, vrid: 51 };
/// Version 3, to our own address, from [`PEER`] over one hop at most, and from nobody else.
pub(crate) const CHOOSY: Known = Known { slot: 9, vrid: 57 };
/// The same over IPv6, and from others however far away.
pub(crate) const IPV6_RANGED: Known = Known {
    slot: 10,
    vrid: 111,
};
/// Version 3, in the usual group, from [`PEER`] and nobody else.
pub(crate) const NAMED: Known = Known { slot: 11, vrid: 58 };
/// How many routers there are.
pub(crate) const ROUTERS: u32 = 12;

/// A group besides the usual one.
pub(crate) const OTHER_GROUP: Ipv4Addr = Ipv4Addr::new(224, 129, 3, 4);

/// An address of [`SEED`] whose claims are dropped while it is Active.
pub(crate) const GUARDED: Ipv4Addr = seeds::ADDRESSES[0];
/// An address of [`SEED`] whose claims are told and nothing else.
pub(crate) const WATCHED: Ipv4Addr = seeds::ADDRESSES[1];
/// An address of [`IPV6`] whose claims are told.
pub(crate) const CLAIMED_IPV6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5);
/// An address of [`SEED`] at [`VIRTUAL_MAC`], whose claims by others are dropped while it is Active.
pub(crate) const COMMON: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 77);
/// An address of [`IPV6`] of the same kind.
pub(crate) const COMMON_IPV6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x77);
/// The hardware address of the routers of [`COMMON`].
pub(crate) const VIRTUAL_MAC: Mac = Mac([0, 0, 0x5e, 0, 1, seeds::VRID]);
/// An address on the other interface.
pub(crate) const FAR: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 7);

/// Our number for the interface all frames come in on.
pub(crate) const PORT: u16 = 7;
/// Our number for the other one.
pub(crate) const OTHER_PORT: u16 = 8;
/// What a Backup of the world takes for a priority that holds it back.
pub(crate) const THRESHOLD: u8 = 100;

/// What may differ between two cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Circumstances {
    /// Every router is Active.
    pub(crate) is_active: bool,
    /// No VLAN tag can have been lost on the way to the program.
    pub(crate) is_final: bool,
}

/// Every router a Backup, and every tag where it can be seen.
pub(crate) const BACKUP: Circumstances = Circumstances {
    is_active: false,
    is_final: true,
};
/// Every router Active.
pub(crate) const ACTIVE: Circumstances = Circumstances {
    is_active: true,
    ..BACKUP
};

impl Circumstances {
    /// The same where tags may have been stripped.
    pub(crate) const fn untrusted(self) -> Self {
        Self {
            is_final: false,
            ..self
        }
    }

    /// The interface under these circumstances.
    pub(crate) const fn port(self) -> Port {
        Port {
            number: PORT,
            hardware_address: OUR_MAC.0,
            flags: if self.is_final { PORT_FINAL } else { 0 },
        }
    }

    /// What every router is under these circumstances.
    pub(crate) fn role(self) -> Role {
        Role {
            threshold: THRESHOLD,
            is_active: u8::from(self.is_active),
            ..Role::default()
        }
    }
}

/// The controller's tables, in memory.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) routers: BTreeMap<RouterKey, RouterEntry>,
    pub(crate) peers: BTreeMap<PeerKey, PeerEntry>,
    pub(crate) vips: BTreeMap<VipKey, VipEntry>,
    pub(crate) role: Role,
}

impl World {
    /// The one world, under these circumstances.
    pub(crate) fn new(circumstances: Circumstances) -> Self {
        let multicast = |port, known: Known| key(port, FAMILY_IPV4, known, ipv4::VRRP_GROUP);
        let routers = [
            (multicast(PORT, SEED), version_2(SEED)),
            (multicast(PORT, VERSION_3), version_3(VERSION_3)),
            (multicast(PORT, OPEN), open(OPEN)),
            (multicast(PORT, DROPPING), dropping(DROPPING)),
            (
                key(PORT, FAMILY_IPV4, OTHERS, OTHER_GROUP.octets()),
                version_3(OTHERS),
            ),
            (
                key(PORT, FAMILY_IPV4, UNICAST, NO_GROUP),
                to_us_alone(version_3(UNICAST)),
            ),
            (
                key(PORT, FAMILY_IPV4, CHOOSY, NO_GROUP),
                to_us_alone(RouterEntry {
                    flags: ROUTER_CHECKS_PEERS | ROUTER_PEERS_ONLY,
                    ..version_3(CHOOSY)
                }),
            ),
            (
                multicast(PORT, NAMED),
                RouterEntry {
                    flags: ROUTER_CHECKS_PEERS | ROUTER_PEERS_ONLY,
                    ..version_3(NAMED)
                },
            ),
            (
                key(PORT, FAMILY_IPV6, IPV6, ipv6::group(ipv6::VRRP_GROUP)),
                over_ipv6(IPV6),
            ),
            (
                key(PORT, FAMILY_IPV6, IPV6_UNICAST, NO_GROUP),
                to_us_alone(over_ipv6(IPV6_UNICAST)),
            ),
            (
                key(PORT, FAMILY_IPV6, IPV6_RANGED, NO_GROUP),
                to_us_alone(RouterEntry {
                    flags: ROUTER_CHECKS_PEERS,
                    ..over_ipv6(IPV6_RANGED)
                }),
            ),
            (multicast(OTHER_PORT, ELSEWHERE), version_2(ELSEWHERE)),
        ];
        let peers = [
            peer(CHOOSY, widen(PEER.octets()), 254, 255),
            peer(NAMED, widen(PEER.octets()), 0, 255),
            peer(IPV6_RANGED, PEER_LINK_LOCAL.octets(), 3, 5),
        ];
        let vips = [
            (PORT, GUARDED, VIP_DROP_CLAIMS),
            (PORT, WATCHED, 0),
            (OTHER_PORT, FAR, VIP_DROP_CLAIMS),
        ];
        let vip = |(port, address, flags): (u16, Ipv4Addr, u32)| {
            let slot = SEED.slot;
            (
                VipKey::ipv4(port, address.octets()),
                VipEntry::new(slot, flags, None),
            )
        };
        let virtual_mac = Some(VIRTUAL_MAC.0);
        let common = (
            VipKey::ipv4(PORT, COMMON.octets()),
            VipEntry::new(SEED.slot, VIP_DROP_CLAIMS, virtual_mac),
        );
        let common_ipv6 = (
            VipKey::ipv6(PORT, COMMON_IPV6.octets()),
            VipEntry::new(IPV6.slot, VIP_DROP_CLAIMS, virtual_mac),
        );
        let slot = IPV6.slot;
        let claimed = (
            VipKey::ipv6(PORT, CLAIMED_IPV6.octets()),
            VipEntry::new(slot, 0, None),
        );
        Self {
            routers: routers.into(),
            peers: peers.into(),
            vips: vips
                .into_iter()
                .map(vip)
                .chain([claimed, common, common_ipv6])
                .collect(),
            role: circumstances.role(),
        }
    }
}

impl Tables for World {
    fn router(&self, key: &RouterKey) -> Option<RouterEntry> {
        self.routers.get(key).copied()
    }

    fn peer(&self, key: &PeerKey) -> Option<PeerEntry> {
        self.peers.get(key).copied()
    }

    fn role(&self, _: u32) -> Role {
        self.role
    }

    fn vip(&self, key: &VipKey) -> Option<VipEntry> {
        self.vips.get(key).copied()
    }
}

fn key(port: u16, family: u8, known: Known, group: [u8; 4]) -> RouterKey {
    RouterKey::new(port, family, known.vrid, group)
}

fn peer(of: Known, address: [u8; 16], least: u8, greatest: u8) -> (PeerKey, PeerEntry) {
    let key = PeerKey {
        slot: of.slot,
        address,
    };
    let entry = PeerEntry {
        least_hop_limit: least,
        greatest_hop_limit: greatest,
        reserved: [0; 2],
    };
    (key, entry)
}

fn to_us_alone(entry: RouterEntry) -> RouterEntry {
    RouterEntry {
        flags: entry.flags | ROUTER_UNICAST,
        ..entry
    }
}

fn over_ipv6(known: Known) -> RouterEntry {
    RouterEntry {
        own_address: OUR_LINK_LOCAL.octets(),
        ..version_3(known)
    }
}

fn version_2(known: Known) -> RouterEntry {
    RouterEntry {
        slot: known.slot,
        version: 2,
        authentication_type: 1,
        interval_seconds: 1,
        flags: 0,
        authentication_data: seeds::PASSWORD,
        own_address: widen(OUR_ADDRESS.octets()),
    }
}

fn version_3(known: Known) -> RouterEntry {
    RouterEntry {
        version: 3,
        interval_seconds: 0,
        ..open(known)
    }
}

fn open(known: Known) -> RouterEntry {
    RouterEntry {
        authentication_type: 0,
        authentication_data: [0; 8],
        ..version_2(known)
    }
}

fn dropping(known: Known) -> RouterEntry {
    RouterEntry {
        flags: ROUTER_DROP_VALID,
        ..version_2(known)
    }
}
