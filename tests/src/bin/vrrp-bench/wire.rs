//! What is read off the wire: who spoke when, and which addresses were announced.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use vrrp_tests::condition::pause;
use vrrp_tests::frame::{self, Mac};
use vrrp_tests::moment::Deadline;
use vrrp_tests::pcap::Follower;
use vrrp_tests::{Moment, Node, Wiretap};

/// What passed so far, read as it grows.
pub(crate) struct Wire {
    file: Follower,
    /// Adverts: when, from whom, and whether they have priority 0.
    adverts: Vec<(Moment, Ipv4Addr, bool)>,
    /// Announcements: when, by whom, of what.
    announcements: Vec<(Moment, Mac, Ipv4Addr)>,
}

impl Wire {
    pub(crate) fn of(tap: &Wiretap) -> Self {
        Self {
            file: Follower::of(tap.file()).expect("the capture has begun"),
            adverts: Vec::new(),
            announcements: Vec::new(),
        }
    }

    /// Takes in what has come.
    pub(crate) fn read(&mut self) {
        for captured in self.file.frames() {
            if let Some(advert) = frame::advertisement(&captured) {
                self.adverts
                    .push((advert.at, advert.source, advert.priority == 0));
            } else if let Some(arp) = frame::arp(&captured)
                && arp.sender == arp.target
            {
                self.announcements
                    .push((arp.at, arp.sender_mac, arp.sender));
            }
        }
    }

    /// Reads until `is_enough`, at most for `limit`; whether it was.
    pub(crate) fn read_until(
        &mut self,
        limit: Duration,
        mut is_enough: impl FnMut(&Self) -> bool,
    ) -> bool {
        let deadline = Deadline::after(limit);
        loop {
            self.read();
            if is_enough(self) {
                return true;
            }
            if deadline.passed() {
                return false;
            }
            pause(Duration::from_millis(200));
        }
    }

    /// When a node spoke since a moment, priority 0 apart.
    pub(crate) fn adverts(&self, node: &Node, since: Moment) -> Vec<Moment> {
        let source = [node.identity().first, node.identity().second];
        let heard = self.adverts.iter();
        heard
            .filter(|(at, from, is_release)| *at >= since && source.contains(from) && !is_release)
            .map(|(at, ..)| *at)
            .collect()
    }

    /// When each address was first announced by a node since a moment.
    pub(crate) fn first_announced(&self, node: &Node, since: Moment) -> BTreeMap<Ipv4Addr, Moment> {
        let macs = [node.identity().first_mac, node.identity().second_mac];
        let mut first = BTreeMap::new();
        for (at, mac, address) in &self.announcements {
            if *at >= since && macs.contains(mac) {
                first.entry(*address).or_insert(*at);
            }
        }
        first
    }

    /// How many announcements a node has made since a moment.
    pub(crate) fn announcements(&self, node: &Node, since: Moment) -> usize {
        let macs = [node.identity().first_mac, node.identity().second_mac];
        let all = self.announcements.iter();
        all.filter(|(at, mac, _)| *at >= since && macs.contains(mac))
            .count()
    }
}

/// The longest time between two of these that follow each other, in milliseconds.
pub(crate) fn longest_gap(moments: &[Moment]) -> f64 {
    let pairs = moments.iter().zip(moments.iter().skip(1));
    let longest = pairs.map(|(one, next)| next.since(*one)).max();
    milliseconds(longest.unwrap_or_default())
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
