//! Has nobody hear the hardware address of an interface in ARP for an address that is at a virtual MAC (RFC 9568 §8.1.2).
//!
//! Linux answers for every address of the host on whatever interface a question comes in, and asks in the name of the address that a packet
//! comes from. The first is dropped but on the interface that has the address. The second is asked in the name of the interface's own address,
//! since an answer to the virtual MAC would arrive on another interface than the one that asked.

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
    /// The interfaces beneath, each with the address it asks from.
    pub beneath: BTreeMap<String, Ipv4Addr>,
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
    let beneath = macs.beneath.iter();
    let beneath =
        beneath.filter_map(|(name, address)| Some(format!("{} : {address}", quoted(name)?)));
    let beneath: Vec<_> = beneath.collect();
    format!(
        "  set addresses {{ type ipv4_addr; }}\n  set interfaces {{ type ifname; {} }}\n  map beneath {{ type ifname : ipv4_addr; {} }}\n  \
         chain input {{\n    type filter hook input priority 0; policy accept;\n    \
         iifname @interfaces accept\n    arp daddr ip @addresses counter drop\n  }}\n  \
         chain output {{\n    type filter hook output priority 0; policy accept;\n    \
         arp saddr ip @addresses arp saddr ip set oifname map @beneath\n  }}\n",
        elements(&interfaces),
        elements(&beneath),
    )
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
            macs.beneath
                .insert("eth0".into(), Ipv4Addr::new(10, 0, 0, 1));
            filter.set(macs.clone()).unwrap();
            assert!(sh("nft list ruleset").contains("\"eth0\" : 10.0.0.1"));

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
