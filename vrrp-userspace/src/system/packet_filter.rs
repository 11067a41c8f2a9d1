//! What our tables of nftables keep out.
//!
//! No table follows the election: a Backup does not have the addresses, so that nothing for them gets as far as a filter. They change with the
//! configuration alone, and cost a takeover nothing, whether of one address or of twenty thousand.

mod arp;
mod table;

use std::{collections::BTreeSet, io, net::IpAddr, path::Path};

use thiserror::Error;

pub use self::arp::{ArpFilter, OwnAddress, VirtualMacs};
use self::table::Table;

/// Keeps packets from addresses that are not for this host (Accept_Mode, RFC 9568 §6.1).
#[derive(Debug)]
pub struct PacketFilter {
    table: Table,
    /// Unknown after a failure, when there may be half of something.
    applied: Option<BTreeSet<IpAddr>>,
}

/// Why packets are not filtered.
#[derive(Debug, Error)]
pub enum FilterError {
    /// `nft` is not installed.
    #[error("`nft` is not installed (package `nftables`)")]
    NoNft,
    /// It says no.
    #[error("nft: {0}")]
    Refused(String),
    /// It could not be run, or the note could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl PacketFilter {
    /// The filter of the daemon with this pid file. Nothing is filtered yet.
    #[must_use]
    pub fn beside(pid_file: &Path) -> Self {
        Self {
            table: table(pid_file),
            applied: Some(BTreeSet::new()),
        }
    }

    /// From now on nothing for these addresses gets in from a network, and what was filtered before does. Waits for `nft`.
    ///
    /// # Errors
    ///
    /// `nft` is missing or refuses.
    pub fn set(&mut self, addresses: BTreeSet<IpAddr>) -> Result<(), FilterError> {
        let before = self.applied.take();
        if before.as_ref() == Some(&addresses) {
            self.applied = before;
            return Ok(());
        }
        let before = before.filter(|before| !before.is_empty());
        if addresses.is_empty() {
            self.table.remove()?;
        } else if before.is_none_or(|before| self.change(&before, &addresses).is_err()) {
            // Somebody may have flushed the table with his own.
            self.table.build(CONTENT)?;
            self.each("add", addresses.iter())?;
        }
        self.applied = Some(addresses);
        Ok(())
    }

    fn change(
        &self,
        before: &BTreeSet<IpAddr>,
        after: &BTreeSet<IpAddr>,
    ) -> Result<(), FilterError> {
        self.each("add", after.difference(before))?;
        self.each("delete", before.difference(after))
    }

    fn each<'a>(
        &self,
        verb: &str,
        addresses: impl Iterator<Item = &'a IpAddr>,
    ) -> Result<(), FilterError> {
        let (four, six): (Vec<&IpAddr>, Vec<&IpAddr>) =
            addresses.partition(|address| address.is_ipv4());
        for (set, addresses) in [("ipv4", four), ("ipv6", six)] {
            let elements = addresses.iter().map(ToString::to_string);
            self.table.change(verb, set, elements)?;
        }
        Ok(())
    }
}

/// Removes what a daemon with this pid file has left, if it has left anything. Waits for `nft`.
///
/// # Errors
///
/// `nft` is missing or refuses.
pub fn remove_leftover(pid_file: &Path) -> Result<(), FilterError> {
    let packets = table(pid_file).remove_leftover();
    arp::table(pid_file).remove_leftover().and(packets)
}

fn table(pid_file: &Path) -> Table {
    Table::beside(pid_file, "inet", "nft")
}

/// Neighbour Discovery is never dropped (RFC 9568 §6.1), and who speaks to himself is not stopped.
const CONTENT: &str = "  set ipv4 { type ipv4_addr; }\n  set ipv6 { type ipv6_addr; }\n  chain input {\n    \
                       type filter hook input priority -1; policy accept;\n    \
                       iif \"lo\" accept\n    \
                       ip daddr @ipv4 counter drop\n    \
                       icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n    \
                       ip6 daddr @ipv6 counter drop\n  }\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::test_network::{alone, sh};

    #[test]
    fn a_table_is_ours_alone_and_named_after_its_daemon() {
        let table = |path: &str| table::name_for(Path::new(path));
        assert_eq!(table("/run/keepalived.pid"), "xvrrpd");
        assert_eq!(table("/run/a b.pid"), "xvrrpd_run_a_b_pid");
        assert!(table(&"x".repeat(1000)).len() < 255);
    }

    #[test]
    fn the_table_comes_changes_and_goes_and_what_others_have_stays() {
        const NAME: &str = "system::packet_filter::tests::the_table_comes_changes_and_goes_and_what_others_have_stays";
        alone(NAME, || {
            let folder = tempfile::tempdir().unwrap();
            let pid_file = folder.path().join("a.pid");
            let mut filter = PacketFilter::beside(&pid_file);
            sh("nft 'add table inet filter; add chain inet filter mine'");
            let others = sh("nft list ruleset");
            let addresses =
                |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();

            filter
                .set(addresses(&["192.0.2.1", "2001:db8::1"]))
                .unwrap();
            let shown = sh("nft list ruleset");
            assert!(
                shown.contains("192.0.2.1") && shown.contains("2001:db8::1"),
                "{shown}"
            );
            filter.set(addresses(&["192.0.2.2"])).unwrap();
            let shown = sh("nft list ruleset");
            assert!(
                shown.contains("192.0.2.2") && !shown.contains("192.0.2.1"),
                "{shown}"
            );

            // Whoever flushes all tables flushes this one.
            sh("nft flush ruleset; nft 'add table inet filter; add chain inet filter mine'");
            filter.set(addresses(&["192.0.2.3"])).unwrap();
            assert!(sh("nft list ruleset").contains("192.0.2.3"));

            // Another one of the same pid file finds what a crash has left.
            drop(filter);
            remove_leftover(&pid_file).unwrap();
            assert_eq!(sh("nft list ruleset"), others);
            assert!(!folder.path().join("a.nft").exists());
            remove_leftover(&pid_file).unwrap();

            let mut filter = PacketFilter::beside(&pid_file);
            let many =
                (0..20_000_u32).map(|number| IpAddr::from((0x0a00_0000 + number).to_be_bytes()));
            filter.set(many.collect()).unwrap();
            filter.set(BTreeSet::new()).unwrap();
            assert_eq!(sh("nft list ruleset"), others);
        });
    }
}
