//! The addresses move from one node to the other.

use std::time::Duration;

use crate::condition::{found_within, slowness};
use crate::frame::Advertisement;
use crate::lab::Lab;
use crate::moment::{Moment, Seconds};
use crate::node::Node;

/// How long the move took, as the network saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handover {
    /// Whether the last word of the one that left was priority 0.
    pub farewell: bool,
    /// Between that last word and the first of the one that took over.
    pub silence: Duration,
    /// The longest time the client had to wait for a page.
    pub unanswered: Duration,
}

/// How much later than its timers say a node may act on a machine that is busy with other labs.
const LATENESS: Duration = Duration::from_millis(400);
/// Timers start when the node heard, captures when the switch did.
const TOLERANCE: Duration = Duration::from_millis(20);

impl Handover {
    /// Waits until `to` has taken over what `from` had, and until the client has its page again.
    ///
    /// `since` is before the cause; `limit` is how long all of it may take.
    #[track_caller]
    #[must_use]
    pub fn watch(lab: &Lab, from: &Node, to: &Node, since: Moment, limit: Duration) -> Self {
        let what = format!("{} takes over from {}", to.name(), from.name());
        let (last, first) = found_within(limit, &what, || words(lab, from, to, since));
        let what = format!("{} is Active with its addresses", to.name());
        crate::within(limit, &what, || to.is_active() && to.holds_the_addresses());
        let unanswered = found_within(limit, "the client has its page again", || {
            let gap = lab.client.longest_gap(since)?;
            (lab.client.answered_by()? == to.name()).then(|| gap.length())
        });
        Self {
            farewell: last.priority == 0,
            silence: first.at.since(last.at),
            unanswered,
        }
    }

    /// Checks that the silence lasted as long as the timers say.
    ///
    /// # Panics
    ///
    /// If it was shorter, or much longer.
    #[track_caller]
    pub fn lasted(&self, expected: Duration) {
        let shortest = expected.saturating_sub(TOLERANCE);
        assert!(
            (shortest..expected + LATENESS * slowness()).contains(&self.silence),
            "the silence before the takeover lasted {}, and the timers say {}",
            Seconds(self.silence),
            Seconds(expected)
        );
    }
}

/// The last word of the one and the first of the other after it.
fn words(
    lab: &Lab,
    from: &Node,
    to: &Node,
    since: Moment,
) -> Option<(Advertisement, Advertisement)> {
    let heard = lab.first.advertisements();
    let of = |node: &Node, advert: &&Advertisement| advert.source == node.identity().first;
    let first = heard
        .iter()
        .find(|advert| of(to, advert) && advert.at >= since)?;
    let last = heard
        .iter()
        .rfind(|advert| of(from, advert) && advert.at < first.at)?;
    Some((last.clone(), first.clone()))
}
