//! Keeps packets from addresses that are not for this host (Accept_Mode, RFC 9568 §6.1), in an nftables table of our own.
//!
//! The table does not follow the election: a Backup does not have the addresses, so that nothing for them gets as far as a filter. It changes
//! with the configuration alone, and costs a takeover nothing, whether of one address or of twenty thousand.
//!
//! `nft` itself is the library: its ruleset is a transaction in a dozen lines. Of the crates one has only its JSON to offer, one needs C
//! libraries where the daemon runs, and one is of another licence.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, ErrorKind, Write as _},
    net::IpAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use thiserror::Error;

use super::control_socket;

/// Where `nft` is looked for, whatever the environment says.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Addresses in one transaction: in a container without privileges of its own the kernel takes no longer ones than a socket's buffer holds.
const AT_ONCE: usize = 1000;

/// The filter of one daemon.
#[derive(Debug)]
pub struct PacketFilter {
    /// Holds the name of the table for as long as there is one, for whoever has to remove it in our place.
    note: PathBuf,
    table: String,
    applied: BTreeSet<IpAddr>,
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
            note: note_beside(pid_file),
            table: table_of(pid_file),
            applied: BTreeSet::new(),
        }
    }

    /// From now on nothing for these addresses gets in from a network, and what was filtered before does. Waits for `nft`.
    ///
    /// # Errors
    ///
    /// `nft` is missing or refuses; then what was filtered before still is.
    pub fn set(&mut self, addresses: BTreeSet<IpAddr>) -> Result<(), FilterError> {
        if addresses == self.applied {
            return Ok(());
        }
        if addresses.is_empty() {
            remove(&self.table, &self.note)?;
        } else if self.applied.is_empty() || self.change(&addresses).is_err() {
            // Somebody may have flushed the table with his own.
            self.build(&addresses)?;
        }
        self.applied = addresses;
        Ok(())
    }

    /// The note comes first: better one without a table than a table that nobody knows of.
    fn build(&self, addresses: &BTreeSet<IpAddr>) -> Result<(), FilterError> {
        fs::write(&self.note, &self.table)?;
        run(&ruleset(&self.table))?;
        self.each("add", addresses.iter())
    }

    fn change(&self, addresses: &BTreeSet<IpAddr>) -> Result<(), FilterError> {
        self.each("add", addresses.difference(&self.applied))?;
        self.each("delete", self.applied.difference(addresses))
    }

    fn each<'a>(
        &self,
        verb: &str,
        addresses: impl Iterator<Item = &'a IpAddr>,
    ) -> Result<(), FilterError> {
        let (four, six): (Vec<&IpAddr>, Vec<&IpAddr>) =
            addresses.partition(|address| address.is_ipv4());
        for (set, addresses) in [("ipv4", four), ("ipv6", six)] {
            for part in addresses.chunks(AT_ONCE) {
                let elements: Vec<_> = part.iter().map(ToString::to_string).collect();
                let elements = elements.join(", ");
                run(&format!(
                    "{verb} element inet {} {set} {{ {elements} }}\n",
                    self.table
                ))?;
            }
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
    let note = note_beside(pid_file);
    match fs::read_to_string(&note) {
        // Whatever the file says, only a table of ours is removed.
        Ok(_) => remove(&table_of(pid_file), &note),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn note_beside(pid_file: &Path) -> PathBuf {
    control_socket::beside(pid_file).with_extension("nft")
}

/// Each daemon of a host has its own: `xvrrpd`, and for another pid file than the usual one that in letters.
fn table_of(pid_file: &Path) -> String {
    const USUAL: &str = "/run/keepalived.pid";
    if pid_file == Path::new(USUAL) || pid_file == Path::new("/var/run/keepalived.pid") {
        return "xvrrpd".to_owned();
    }
    let name = pid_file.to_string_lossy();
    let letters = name.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        }
    });
    let letters: String = letters.collect();
    // The kernel takes 255 letters; the end tells files apart.
    let tail = letters.len().saturating_sub(200);
    format!("xvrrpd{}", letters.get(tail..).unwrap_or_default())
}

fn remove(table: &str, note: &Path) -> Result<(), FilterError> {
    // To add what is there is no error, so that to delete is none either.
    run(&format!(
        "add table inet {table}\ndelete table inet {table}\n"
    ))?;
    match fs::remove_file(note) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A new table without addresses. Neighbour Discovery is never dropped (RFC 9568 §6.1), and who speaks to himself is not stopped.
fn ruleset(table: &str) -> String {
    format!(
        "add table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n  set ipv4 {{ type ipv4_addr; }}\n  set ipv6 {{ type ipv6_addr; }}\n  chain input {{\n    \
         type filter hook input priority -1; policy accept;\n    \
         iif \"lo\" accept\n    \
         ip daddr @ipv4 counter drop\n    \
         icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} accept\n    \
         ip6 daddr @ipv6 counter drop\n  }}\n}}\n"
    )
}

fn run(ruleset: &str) -> Result<(), FilterError> {
    let mut nft = Command::new("nft");
    nft.args(["-f", "-"]).env_clear().env("PATH", PATH);
    nft.stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut nft = nft.spawn().map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            FilterError::NoNft
        } else {
            error.into()
        }
    })?;
    if let Some(mut stdin) = nft.stdin.take() {
        // One that ends early says why below.
        stdin.write_all(ruleset.as_bytes()).ok();
    }
    let output = nft.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it failed without a word");
    Err(FilterError::Refused(first.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::test_network::{alone, sh};

    #[test]
    fn a_table_is_ours_alone_and_named_after_its_daemon() {
        let table = |path: &str| table_of(Path::new(path));
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
