//! The story as what can be drawn: spans and moments, in seconds since its beginning.

use std::time::Duration;

use super::record::Story;
use crate::moment::Moment;
use crate::node::{RoleName, transition};
use crate::observer::{Life, News, NodeName, Seen, counts_rejected};

/// What a node was for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// Its daemon did not run.
    Down,
    /// Its daemon was stopped in its tracks.
    Paused,
    /// Its daemon ran and had not said its role.
    Starting,
    /// It had this role.
    Is(RoleName),
}

/// From a time to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<T> {
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) what: T,
}

/// One node.
#[derive(Debug, Default)]
pub(super) struct NodeTrack {
    pub(super) conditions: Vec<Span<Condition>>,
    pub(super) adverts: Vec<Duration>,
    pub(super) farewells: Vec<Duration>,
    /// How many adverts it had rejected, whenever that became more.
    pub(super) rejected: Vec<(Duration, u64)>,
}

/// Everything that is drawn.
#[derive(Debug)]
pub(super) struct Tracks {
    pub(super) length: Duration,
    pub(super) nodes: [NodeTrack; 2],
    /// Who answered the client, or that nobody did.
    pub(super) answers: Vec<Span<Option<NodeName>>>,
    /// When a stranger advertised or claimed.
    pub(super) strangers: Vec<Duration>,
    pub(super) deeds: Vec<(Duration, String)>,
}

impl Tracks {
    pub(super) fn of(story: &Story) -> Self {
        let since = |at: Moment| at.since(story.from);
        let length = since(story.to).max(Duration::from_secs(1));
        let mut tracks = Self {
            length,
            nodes: Default::default(),
            answers: Vec::new(),
            strangers: Vec::new(),
            deeds: story
                .deeds
                .iter()
                .map(|deed| (since(deed.at), deed.what.clone()))
                .collect(),
        };
        for node in &mut tracks.nodes {
            change(&mut node.conditions, Duration::ZERO, Condition::Down);
        }
        for observation in &story.seen {
            tracks.take(since(observation.at), &observation.what);
        }
        for node in &mut tracks.nodes {
            finish(&mut node.conditions, length);
        }
        finish(&mut tracks.answers, length);
        tracks
    }

    fn take(&mut self, at: Duration, seen: &Seen) {
        match seen {
            Seen::Of(node, news) => self.nodes[node.index()].take(at, news),
            Seen::Advertisement {
                from: Some(node),
                priority,
            } => {
                let node = &mut self.nodes[node.index()];
                if *priority == 0 {
                    node.farewells.push(at);
                } else {
                    node.adverts.push(at);
                }
            }
            Seen::Advertisement { from: None, .. } | Seen::Claim { .. } => self.strangers.push(at),
            Seen::Answer(node) => change(&mut self.answers, at, *node),
        }
    }
}

impl NodeTrack {
    fn take(&mut self, at: Duration, news: &News) {
        match news {
            News::Daemon(Life::Ended) => change(&mut self.conditions, at, Condition::Down),
            News::Daemon(Life::Paused) => change(&mut self.conditions, at, Condition::Paused),
            News::Daemon(Life::Runs) => {
                let before = self.before_the_pause();
                change(&mut self.conditions, at, before);
            }
            News::Said(line) => {
                if let Some(transition) = transition(line) {
                    change(&mut self.conditions, at, Condition::Is(transition.to));
                }
            }
            News::Counted(counters) => self.counted(at, counters),
            News::Owns(_) | News::Haproxy(_) | News::Cable(_) | News::Mail(_) => {}
        }
    }

    /// What a daemon is that runs again.
    fn before_the_pause(&self) -> Condition {
        let is_paused = |span: &Span<Condition>| span.what == Condition::Paused;
        let was = self.conditions.iter().rev();
        let mut was = was.skip_while(|span| is_paused(span));
        match (self.conditions.last().is_some_and(is_paused), was.next()) {
            (true, Some(before)) => before.what,
            _ => Condition::Starting,
        }
    }

    fn counted(&mut self, at: Duration, counters: &[(String, u64)]) {
        let rejected = counters.iter().filter(|(name, _)| counts_rejected(name));
        let count = rejected.map(|(_, count)| count).sum();
        let before = self.rejected.last().map_or(0, |(_, count)| *count);
        if count != before {
            self.rejected.push((at, count));
        }
    }
}

/// From now on it is something else, if it is.
fn change<T: Copy + PartialEq>(spans: &mut Vec<Span<T>>, at: Duration, what: T) {
    match spans.last_mut() {
        Some(last) if last.what == what => return,
        Some(last) => last.to = at,
        None => {}
    }
    spans.push(Span {
        from: at,
        to: at,
        what,
    });
}

fn finish<T>(spans: &mut [Span<T>], at: Duration) {
    if let Some(last) = spans.last_mut() {
        last.to = at;
    }
}
