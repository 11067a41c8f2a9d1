//! Listens on the switch, where everything passes that a node's own XDP program would hide from a capture there.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::condition::within;
use crate::frame::{self, Advertisement, Arp};
use crate::moment::Moment;
use crate::namespace::Namespace;
use crate::pcap::{self, Captured};
use crate::process::Background;

/// What is captured, and how soon it can be read.
#[derive(Debug, Clone, Copy)]
pub struct Capture {
    /// In the language of `tcpdump`.
    pub filter: &'static str,
    /// Whether each frame is written down at once, which wakes `tcpdump` for each; otherwise within a second or two.
    pub is_immediate: bool,
}

impl Capture {
    /// Everything but the client's own conversation, at once.
    pub const EVERYTHING_OF_INTEREST: Self = Self {
        filter: "not tcp",
        is_immediate: true,
    };
}

/// A capture of one network, read while it goes on.
#[derive(Debug)]
pub struct Wiretap {
    file: PathBuf,
    _tcpdump: Background,
}

impl Wiretap {
    /// Begins to capture what passes a bridge of the switch and is asked for.
    ///
    /// # Panics
    ///
    /// If `tcpdump` does not begin.
    #[must_use]
    pub fn on(switch: &Namespace, bridge: &str, capture: Capture) -> Self {
        let inside = format!("/run/lab/{bridge}.pcap");
        let mut tcpdump = switch.command("tcpdump");
        tcpdump
            .args(["-i", bridge, "-w", &inside, "--packet-buffered"])
            .args(capture.is_immediate.then_some("--immediate-mode"))
            .args([
                "--time-stamp-precision=nano",
                "--relinquish-privileges=root",
                // Whole frames of a link whose MTU is 1500, and room for a burst of twenty thousand.
                "--snapshot-length=2048",
                "--buffer-size=65536",
                capture.filter,
            ]);
        let tcpdump = Background::start(&mut tcpdump);
        let file = switch.path(&inside);
        within(Duration::from_secs(10), "tcpdump begins its file", || {
            pcap::has_begun(&file)
        });
        Self {
            file,
            _tcpdump: tcpdump,
        }
    }

    /// All frames so far.
    #[must_use]
    pub fn frames(&self) -> Vec<Captured> {
        pcap::read(&self.file)
    }

    /// All advertisements so far.
    #[must_use]
    pub fn advertisements(&self) -> Vec<Advertisement> {
        self.frames()
            .iter()
            .filter_map(frame::advertisement)
            .collect()
    }

    /// The advertisements from an address since a moment.
    #[must_use]
    pub fn advertisements_from(&self, source: Ipv4Addr, since: Moment) -> Vec<Advertisement> {
        let mut heard = self.advertisements();
        heard.retain(|advert| advert.source == source && advert.at >= since);
        heard
    }

    /// The ARP packets since a moment.
    #[must_use]
    pub fn arps(&self, since: Moment) -> Vec<Arp> {
        let mut heard: Vec<_> = self.frames().iter().filter_map(frame::arp).collect();
        heard.retain(|arp| arp.at >= since);
        heard
    }

    /// The capture file, as long as the lab lives.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What `tshark` has to say against the advertisements from an address: one line for each that is malformed,
    /// has a wrong checksum, or raises an expert's eyebrow.
    ///
    /// # Panics
    ///
    /// If `tshark` cannot be run.
    #[must_use]
    pub fn complaints(&self, source: Ipv4Addr) -> Vec<String> {
        let suspicious = format!(
            "vrrp && ip.src == {source} && (_ws.malformed || _ws.expert || ip.checksum.status == Bad || \
             vrrp.checksum.status == Bad)"
        );
        let output = Command::new("tshark")
            .args(["-o", "ip.check_checksum:TRUE", "-r"])
            .arg(&self.file)
            .args(["-Y", &suspicious])
            .output()
            .expect("`tshark` runs");
        assert!(
            output.status.success(),
            "tshark: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect()
    }
}
