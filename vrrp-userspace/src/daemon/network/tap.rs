//! Where the raw path offers frames to whoever captures. While nobody does, that costs one look.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use tokio::sync::mpsc;
use vrrp_ebpf::{
    abi::{CAPTURE_ACCEPTED, CAPTURE_NOTHING, CAPTURE_REJECTED, CAPTURE_SNAP, Reason},
    verdict::Verdict,
};

use crate::{daemon::control::capture::Layer, protocol::Monotonic, system::clock};

/// Frames that may wait for whoever captures. Further ones are lost and counted; nobody waits.
const WAITING: usize = 1024;

/// A frame of the raw path.
#[derive(Debug)]
pub(in crate::daemon) struct Tapped {
    pub(in crate::daemon) time: Monotonic,
    /// Our number for the interface.
    pub(in crate::daemon) port: u16,
    pub(in crate::daemon) layer: Layer,
    pub(in crate::daemon) reason: Reason,
    /// Of the frame before it was cut.
    pub(in crate::daemon) length: usize,
    /// At most [`CAPTURE_SNAP`].
    pub(in crate::daemon) bytes: Vec<u8>,
}

/// The end that offers: the election's, and every ear's.
#[derive(Debug)]
pub(in crate::daemon) struct Tap {
    level: AtomicU32,
    lost: AtomicU64,
    frames: mpsc::Sender<Tapped>,
}

impl Tap {
    /// A closed tap, and where its frames come out.
    pub(in crate::daemon) fn new() -> (Self, mpsc::Receiver<Tapped>) {
        let (frames, tapped) = mpsc::channel(WAITING);
        let tap = Self {
            level: AtomicU32::new(CAPTURE_NOTHING),
            lost: AtomicU64::new(0),
            frames,
        };
        (tap, tapped)
    }

    /// From now on frames up to `level` of the program's switch are taken.
    pub(in crate::daemon) fn set_level(&self, level: u32) {
        self.level.store(level, Ordering::Relaxed);
    }

    /// Whether somebody wants to see anything.
    pub(in crate::daemon) fn is_open(&self) -> bool {
        self.level.load(Ordering::Relaxed) != CAPTURE_NOTHING
    }

    /// Offers what has been judged.
    pub(in crate::daemon) fn offer(
        &self,
        port: u16,
        layer: Layer,
        bytes: &[u8],
        verdict: &Verdict,
    ) {
        let level = self.level.load(Ordering::Relaxed);
        if level == CAPTURE_NOTHING {
            return;
        }
        let (of, reason) = match verdict {
            Verdict::Ignore | Verdict::Pass(_) => return,
            Verdict::Reject { reason, .. } => (CAPTURE_REJECTED, *reason),
            Verdict::Claim(claim) => (CAPTURE_REJECTED, claim.reason()),
            Verdict::Accept(_) => (CAPTURE_ACCEPTED, Reason::Accepted),
        };
        if of <= level {
            self.take(port, layer, bytes, reason);
        }
    }

    /// How many frames there was no room for, since the beginning.
    pub(in crate::daemon) fn losses(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn take(&self, port: u16, layer: Layer, bytes: &[u8], reason: Reason) {
        // Room first: a flood that nobody can take is not even copied.
        let Ok(room) = self.frames.try_reserve() else {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let length = bytes.len();
        let kept = bytes.get(..length.min(CAPTURE_SNAP)).unwrap_or(bytes);
        room.send(Tapped {
            time: clock::now(),
            port,
            layer,
            reason,
            length,
            bytes: kept.to_vec(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REJECTED: Verdict = Verdict::Reject {
        reason: Reason::IpTtl,
        slot: 0,
        family: vrrp_ebpf::abi::FAMILY_IPV4,
        source: [0; 16],
    };

    #[test]
    fn nothing_comes_out_of_a_closed_tap() {
        let (tap, mut tapped) = Tap::new();
        tap.offer(1, Layer::Ip, &[0; 40], &REJECTED);
        assert!(tapped.try_recv().is_err());
        tap.set_level(CAPTURE_REJECTED);
        tap.offer(1, Layer::Ip, &[0; 40], &Verdict::Pass(Reason::Undecided));
        tap.offer(1, Layer::Ip, &[0; 400], &REJECTED);
        let frame = tapped.try_recv().unwrap();
        assert_eq!((frame.length, frame.bytes.len()), (400, CAPTURE_SNAP));
        assert_eq!(frame.reason, Reason::IpTtl);
        assert!(tapped.try_recv().is_err());
    }

    #[test]
    fn what_nobody_takes_is_counted() {
        let (tap, mut tapped) = Tap::new();
        tap.set_level(CAPTURE_REJECTED);
        for _ in 0..WAITING + 7 {
            tap.offer(1, Layer::Ip, &[0; 40], &REJECTED);
        }
        assert_eq!(tap.losses(), 7);
        assert!(tapped.try_recv().is_ok());
    }
}
