//! Rejected advertisements in the log: a line per router and reason and window, and how many there were since (C031).

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use vrrp_ebpf::abi::Reason;

use super::reasons::meaning;
use crate::protocol::Monotonic;

/// A line for a router and a reason at most this often.
const WINDOW: Duration = Duration::from_secs(10);

/// What has been said already. Its size is that of the configuration: nothing an attacker chooses is a key.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    said: BTreeMap<(usize, u8), Said>,
}

#[derive(Debug)]
struct Said {
    at: Monotonic,
    kept_back: u64,
}

impl Rejections {
    /// The line for a rejection, if one is due.
    pub(super) fn line(
        &mut self,
        slot: usize,
        reason: Reason,
        source: IpAddr,
        now: Monotonic,
    ) -> Option<String> {
        let kept_back = match self.said.get_mut(&(slot, reason as u8)) {
            Some(said) if now.since(said.at) < WINDOW => {
                said.kept_back += 1;
                return None;
            }
            Some(said) => std::mem::take(&mut said.kept_back),
            None => 0,
        };
        self.said.insert(
            (slot, reason as u8),
            Said {
                at: now,
                kept_back: 0,
            },
        );
        let (name, meaning) = (reason.name(), meaning(reason));
        let line = format!("rejected an advert from {source}: {name}: {meaning}");
        if kept_back == 0 {
            return Some(line);
        }
        Some(format!(
            "{line} ({kept_back} more reports of this kept back; the counters have them all)"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C031+
    #[test]
    fn a_flood_is_one_line_and_then_a_count() {
        let mut rejections = Rejections::default();
        let start = Monotonic::from_nanos(1_000_000_000_000);
        let mut line =
            |at| rejections.line(0, Reason::IpTtl, IpAddr::from([127, 0, 0, 1]), start + at);
        assert!(line(Duration::ZERO).is_some());
        for millisecond in 1..=500 {
            assert_eq!(line(Duration::from_millis(millisecond)), None);
        }
        let next = line(Duration::from_secs(11)).unwrap();
        assert!(next.contains("500 more"), "{next}");
    }
}
