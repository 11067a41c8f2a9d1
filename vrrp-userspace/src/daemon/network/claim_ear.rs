//! Hears who claims our addresses where the program does not: a packet socket, the judge of the program, and a task.
//!
//! It says what the program would, as the same [`Alert`]s. Of a flood it takes so many frames a second, the kernel counts the others; and of
//! those it tells as few as the program does.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::unix::AsyncFd,
    sync::{mpsc, oneshot},
    time::sleep,
};
use tracing::debug;
use vrrp_ebpf::{
    abi::{
        self, Alert, PORT_FINAL, PeerEntry, PeerKey, Reason, Role, RouterEntry, RouterKey,
        VipEntry, VipKey,
    },
    verdict::{Tables, Verdict, decide},
};

use super::{
    tally::{Samples, Tally},
    tap::Tap,
};
use crate::{
    daemon::control::capture::Layer,
    protocol::{Family, Monotonic},
    system::{
        claim_socket::{ClaimSocket, LONGEST},
        clock,
        readable::readable,
    },
};

/// Frames taken before the ear rests, and how long it rests then: some ten thousand a second are enough to count by.
const AT_ONCE: (usize, Duration) = (64, Duration::from_millis(5));

/// The addresses that are watched, on all interfaces.
pub(super) type Watched = BTreeMap<VipKey, VipEntry>;

/// Who is told what is heard.
#[derive(Clone)]
pub(super) struct Outlets {
    /// Everything is counted.
    pub(super) tally: Arc<Tally>,
    /// The reporter.
    pub(super) alerts: mpsc::Sender<Alert>,
    /// Whoever captures.
    pub(super) tap: Arc<Tap>,
}

/// An ear that hears until this is dropped. What had arrived by then is still told.
#[derive(Debug)]
pub(super) struct ClaimEar {
    _stops: Vec<oneshot::Sender<()>>,
}

impl ClaimEar {
    /// Opens an ear on the interface with the kernel's number `index`; `None` if no address of `watched` is there. Inside a runtime only.
    ///
    /// # Errors
    ///
    /// The kernel refuses the socket, or the interface is gone.
    pub(super) fn open(
        index: u32,
        port: abi::Port,
        watched: &Watched,
        outlets: Outlets,
    ) -> io::Result<Option<Self>> {
        let watched: Watched = watched
            .iter()
            .filter(|(key, _)| key.port == port.number)
            .map(|(key, entry)| (*key, *entry))
            .collect();
        let mut stops = Vec::new();
        for socket in sockets(index, &watched)? {
            let judge = Judge {
                // The tag of another VLAN is seen here, so what is said is final.
                port: abi::Port {
                    flags: PORT_FINAL,
                    ..port
                },
                watched: watched.clone(),
                samples: Samples::default(),
                outlets: outlets.clone(),
            };
            let (stop, stopped) = oneshot::channel();
            drop(tokio::spawn(hear(readable(socket)?, judge, stopped)));
            stops.push(stop);
        }
        Ok((!stops.is_empty()).then_some(Self { _stops: stops }))
    }
}

/// One for each family that has an address to watch.
fn sockets(index: u32, watched: &Watched) -> io::Result<Vec<ClaimSocket>> {
    let mut ipv4 = BTreeSet::new();
    let mut is_ipv6_watched = false;
    for key in watched.keys() {
        match Family::of_key(key.family).read(key.address) {
            IpAddr::V4(address) => drop(ipv4.insert(address)),
            IpAddr::V6(_) => is_ipv6_watched = true,
        }
    }
    let mut sockets = Vec::new();
    if !ipv4.is_empty() {
        sockets.push(ClaimSocket::arp(index, &ipv4)?);
    }
    if is_ipv6_watched {
        sockets.push(ClaimSocket::neighbour_discovery(index)?);
    }
    Ok(sockets)
}

async fn hear(
    mut socket: AsyncFd<ClaimSocket>,
    mut judge: Judge,
    mut stopped: oneshot::Receiver<()>,
) {
    let (at_once, rest) = AT_ONCE;
    let mut buffer = [0; LONGEST];
    let mut is_last = false;
    while !is_last {
        tokio::select! {
            biased;
            _ = &mut stopped => is_last = true,
            ready = socket.readable_mut() => match ready {
                Ok(mut ready) => ready.clear_ready(),
                Err(_) => return,
            },
        }
        let ear = socket.get_mut();
        for number in 1.. {
            match ear.receive(&mut buffer) {
                Ok(Some(frame)) => judge.take(frame),
                Ok(None) => break,
                // A link that is down says so once, and goes on when it is up.
                Err(error) => debug!("an ear for claims: {error}"),
            }
            if number % at_once == 0 {
                if is_last {
                    return;
                }
                sleep(rest).await;
            }
        }
        judge
            .outlets
            .tally
            .lost(ear.take_losses().unwrap_or_default());
    }
}

/// Judges as the program does, from the same entries.
struct Judge {
    port: abi::Port,
    watched: Watched,
    samples: Samples,
    outlets: Outlets,
}

impl Judge {
    /// Judges a frame and hands on what is to be told. When nobody takes it, that is counted.
    fn take(&mut self, frame: &[u8]) {
        if let Some(alert) = self.alert(frame, clock::now())
            && self.outlets.alerts.try_send(alert).is_err()
        {
            self.outlets.tally.count(Reason::AlertLost);
        }
    }

    fn alert(&mut self, frame: &[u8], now: Monotonic) -> Option<Alert> {
        let verdict = decide(frame, &self.port, &WatchedAddresses(&self.watched));
        let Outlets { tally, tap, .. } = &self.outlets;
        tally.judged(&verdict);
        tap.offer(self.port.number, Layer::Ethernet, frame, &verdict);
        let Verdict::Claim(claim) = verdict else {
            return None;
        };
        let may_tell = self
            .samples
            .may_tell(claim.slot, claim.reason(), now, tally);
        may_tell.then(|| claim.alert(self.port.number, now.as_nanos()))
    }
}

/// The tables as the ear sees them: no advertisement comes this way, and nothing is dropped, so no role matters.
struct WatchedAddresses<'a>(&'a Watched);

impl Tables for WatchedAddresses<'_> {
    /// Advertisements do not come this way.
    fn peer(&self, _: &PeerKey) -> Option<PeerEntry> {
        None
    }

    fn router(&self, _: &RouterKey) -> Option<RouterEntry> {
        None
    }

    fn role(&self, _: u32) -> Role {
        Role::default()
    }

    fn vip(&self, key: &VipKey) -> Option<VipEntry> {
        self.0.get(key).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::system::announcer::gratuitous_arp;
    use vrrp_ebpf::abi::ALERT_CLAIM;

    const VIP: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 5);
    const OURS: [u8; 6] = [2, 0, 0, 0, 0, 9];
    const STRANGER: [u8; 6] = [2, 0, 0, 0, 0, 0x66];

    fn judge() -> Judge {
        let entry = VipEntry::new(3, 0, None);
        Judge {
            port: abi::Port {
                number: 1,
                hardware_address: OURS,
                flags: PORT_FINAL,
            },
            watched: Watched::from([(VipKey::ipv4(1, VIP.octets()), entry)]),
            samples: Samples::default(),
            outlets: Outlets {
                tally: Arc::default(),
                alerts: mpsc::channel(1).0,
                tap: Arc::new(Tap::new().0),
            },
        }
    }

    #[test]
    fn a_foreign_claim_is_told_as_the_program_would() {
        let now = Monotonic::from_nanos(1_000_000_000_000);
        let mut judge = judge();
        let alert = judge.alert(&gratuitous_arp(STRANGER, VIP), now).unwrap();
        assert_eq!((alert.kind, alert.slot, alert.port), (ALERT_CLAIM, 3, 1));
        assert_eq!(alert.address, Family::write(VIP.into()));
        assert_eq!(alert.hardware_address, STRANGER);
        assert_eq!(alert.time_ns, now.as_nanos());
        assert_eq!(judge.outlets.tally.counters().arp_claim, 1);
    }

    #[test]
    fn what_we_announce_ourselves_and_what_is_not_watched_is_nothing() {
        let now = Monotonic::from_nanos(1_000_000_000_000);
        let mut judge = judge();
        assert_eq!(judge.alert(&gratuitous_arp(OURS, VIP), now), None);
        let other = Ipv4Addr::new(192, 168, 0, 6);
        assert_eq!(judge.alert(&gratuitous_arp(STRANGER, other), now), None);
        assert_eq!(judge.outlets.tally.counters(), abi::Counters::default());
    }

    #[test]
    fn a_flood_is_counted_whole_and_told_in_part() {
        let now = Monotonic::from_nanos(1_000_000_000_000);
        let mut judge = judge();
        let claim = gratuitous_arp(STRANGER, VIP);
        let told = (0..1000).filter(|_| judge.alert(&claim, now).is_some());
        assert_eq!(told.count(), 8);
        let counters = judge.outlets.tally.counters();
        assert_eq!((counters.arp_claim, counters.alert_suppressed), (1000, 992));
    }
}
