//! Has nobody hear the hardware address of an interface in ARP for an address that is at a virtual MAC (RFC 9568 §8.1.2).
//!
//! Linux answers for every address of the host on whatever interface a question comes in, and asks in the name of the address that a packet
//! comes from. The first is dropped but on the interface that has the address. The second is asked in the name of an address of the interface
//! itself, since an answer to the virtual MAC would arrive on another interface than the one that asked: of the one in the network of whoever is
//! asked for, as `arp_announce` 2 would choose it, since some routers do not answer others.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    path::Path,
};

use super::{FilterError, table::Table};

/// What is at virtual MACs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VirtualMacs {
    /// The addresses.
    pub addresses: BTreeSet<Ipv4Addr>,
    /// The interfaces that have one.
    pub interfaces: BTreeSet<String>,
    /// The interfaces beneath, each with the addresses it asks from, the usual one first.
    pub beneath: BTreeMap<String, Vec<OwnAddress>>,
}

/// An address of the host itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnAddress {
    /// The address.
    pub address: Ipv4Addr,
    /// The length of its prefix in bits.
    pub prefix_length: u8,
}

impl OwnAddress {
    fn mask(self) -> u32 {
        let host_bits = 32_u32.saturating_sub(self.prefix_length.into());
        u32::MAX.checked_shl(host_bits).unwrap_or(0)
    }

    fn network(self) -> u32 {
        u32::from(self.address) & self.mask()
    }

    /// Whether some address is in the networks of both. `nft` takes no two such in one map.
    fn overlaps(self, other: Self) -> bool {
        let mask = self.mask() & other.mask();
        self.network() & mask == other.network() & mask
    }
}

/// The table of one daemon.
#[derive(Debug)]
pub struct ArpFilter {
    table: Table,
    /// Unknown after a failure, when there may be half of something.
    applied: Option<VirtualMacs>,
}

impl ArpFilter {
    /// The filter of the daemon with this pid file. Nothing is filtered yet.
    #[must_use]
    pub fn beside(pid_file: &Path) -> Self {
        Self {
            table: table(pid_file),
            applied: Some(VirtualMacs::default()),
        }
    }

    /// From now on these are at virtual MACs, and no others. Waits for `nft`.
    ///
    /// # Errors
    ///
    /// `nft` is missing or refuses.
    pub fn set(&mut self, macs: VirtualMacs) -> Result<(), FilterError> {
        if self.applied.as_ref() == Some(&macs) {
            return Ok(());
        }
        self.applied = None;
        if macs.addresses.is_empty() {
            self.table.remove()?;
        } else {
            // A takeover changes nothing here, so that it need not be done by halves.
            self.table.build(&content(&macs))?;
            let addresses = macs.addresses.iter();
            self.table
                .change("add", "addresses", addresses.map(ToString::to_string))?;
        }
        self.applied = Some(macs);
        Ok(())
    }
}

pub(super) fn table(pid_file: &Path) -> Table {
    Table::beside(pid_file, "arp", "arp.nft")
}

fn content(macs: &VirtualMacs) -> String {
    let interfaces = macs.interfaces.iter().filter_map(|name| quoted(name));
    let interfaces: Vec<_> = interfaces.collect();
    let (mut usual, mut networks) = (Vec::new(), Vec::new());
    for (name, addresses) in &macs.beneath {
        let Some(name) = quoted(name) else {
            continue;
        };
        let first = addresses.first();
        usual.extend(first.map(|first| format!("{name} : {}", first.address)));
        for own in apart(addresses) {
            let (network, length) = (Ipv4Addr::from(own.network()), own.prefix_length);
            networks.push(format!("{name} . {network}/{length} : {}", own.address));
        }
    }
    format!(
        "  set addresses {{ type ipv4_addr; }}\n  set interfaces {{ type ifname; {} }}\n  map usual {{ type ifname : ipv4_addr; {} }}\n  \
         map networks {{ type ifname . ipv4_addr : ipv4_addr; flags interval; {} }}\n  \
         chain input {{\n    type filter hook input priority 0; policy accept;\n    \
         iifname @interfaces accept\n    arp daddr ip @addresses counter drop\n  }}\n  \
         chain output {{\n    type filter hook output priority 0; policy accept;\n    \
         arp saddr ip @addresses arp saddr ip set oifname . arp daddr ip map @networks accept\n    \
         arp saddr ip @addresses arp saddr ip set oifname map @usual\n  }}\n",
        elements(&interfaces),
        elements(&usual),
        elements(&networks),
    )
}

/// Those of `addresses` whose networks have nothing in common with that of an earlier one.
fn apart(addresses: &[OwnAddress]) -> Vec<OwnAddress> {
    let mut apart: Vec<OwnAddress> = Vec::new();
    for own in addresses {
        if !apart.iter().any(|other| own.overlaps(*other)) {
            apart.push(*own);
        }
    }
    apart
}

fn elements(all: &[String]) -> String {
    if all.is_empty() {
        String::new()
    } else {
        format!("elements = {{ {} }};", all.join(", "))
    }
}

/// `nft` has no way to write a quotation mark.
fn quoted(name: &str) -> Option<String> {
    (!name.contains('"')).then(|| format!("\"{name}\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::test_network::{alone, sh};

    #[test]
    fn the_table_comes_changes_and_goes() {
        const NAME: &str = "system::packet_filter::arp::tests::the_table_comes_changes_and_goes";
        alone(NAME, || {
            let folder = tempfile::tempdir().unwrap();
            let pid_file = folder.path().join("a.pid");
            let mut filter = ArpFilter::beside(&pid_file);
            let mut macs = VirtualMacs {
                addresses: [Ipv4Addr::new(10, 0, 0, 100)].into(),
                interfaces: ["vrrp.51".to_owned(), "odd\"name".to_owned()].into(),
                beneath: BTreeMap::new(),
            };
            filter.set(macs.clone()).unwrap();
            let shown = sh("nft list ruleset");
            for part in ["table arp xvrrpd", "10.0.0.100", "\"vrrp.51\""] {
                assert!(shown.contains(part), "{part}: {shown}");
            }
            let own = |address: [u8; 4], prefix_length| OwnAddress {
                address: Ipv4Addr::from(address),
                prefix_length,
            };
            let (first, second) = (own([10, 0, 0, 1], 24), own([172, 16, 5, 4], 16));
            let within = own([172, 16, 9, 4], 24);
            let beneath = vec![first, second, within, own([10, 0, 0, 2], 32)];
            macs.beneath.insert("eth0".into(), beneath);
            macs.beneath
                .insert("eth1".into(), vec![own([10, 0, 0, 3], 0)]);
            filter.set(macs.clone()).unwrap();
            let shown = sh("nft list ruleset");
            for part in [
                "\"eth0\" : 10.0.0.1",
                "\"eth0\" . 10.0.0.0/24 : 10.0.0.1",
                "\"eth0\" . 172.16.0.0/16 : 172.16.5.4",
                "\"eth1\" : 10.0.0.3",
            ] {
                assert!(shown.contains(part), "{part}: {shown}");
            }

            drop(filter);
            table(&pid_file).remove_leftover().unwrap();
            assert_eq!(sh("nft list ruleset"), "");
            assert!(!folder.path().join("a.arp.nft").exists());

            let mut filter = ArpFilter::beside(&pid_file);
            macs.addresses = (0..20_000_u32)
                .map(|number| Ipv4Addr::from(0x0a00_0000 + number))
                .collect();
            filter.set(macs).unwrap();
            filter.set(VirtualMacs::default()).unwrap();
            assert_eq!(sh("nft list ruleset"), "");
        });
    }
}
