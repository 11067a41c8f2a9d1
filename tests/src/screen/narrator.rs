//! What was seen, as lines for people.

use crate::moment::{Moment, Seconds};
use crate::observer::{Life, News, NodeName, Observation, Seen};

/// Something worth a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it happened.
    pub at: Moment,
    /// Whom it is about.
    pub who: Who,
    /// What happened.
    pub text: String,
}

/// Whom a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A node.
    Node(NodeName),
    /// The client.
    Client,
    /// Somebody who is no node.
    Stranger,
    /// Whoever plays with the lab.
    Player,
}

impl Who {
    /// A word of at most eight letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Node(node) => node.as_str(),
            Self::Client => "client",
            Self::Stranger => "stranger",
            Self::Player => "you",
        }
    }
}

/// Tells what changed, and keeps silent about what goes on as before.
#[derive(Debug, Default)]
pub struct Narrator {
    /// Whose answer the client had last, and when.
    answered: Option<(NodeName, Moment)>,
    /// Whether the last question had no answer.
    waits: bool,
}

impl Narrator {
    /// The line that an observation is worth, if it is worth one.
    pub fn tell(&mut self, observation: &Observation) -> Option<Line> {
        let at = observation.at;
        let (who, text) = match &observation.what {
            Seen::Of(node, news) => (Who::Node(*node), told(news)?),
            Seen::Advertisement { from, priority } => {
                (Who::Node((*from)?), farewell(*priority)?.to_owned())
            }
            Seen::Claim { by, address } => (Who::Stranger, format!("{by} claims {address}")),
            Seen::Answer(node) => (Who::Client, self.answer(*node, at)?),
        };
        Some(Line { at, who, text })
    }

    /// Only another answer than before is news.
    fn answer(&mut self, node: Option<NodeName>, at: Moment) -> Option<String> {
        let waited = std::mem::replace(&mut self.waits, node.is_none());
        let Some(node) = node else {
            let (before, _) = self.answered?;
            return (!waited).then(|| format!("no answer any more; {before} was the last"));
        };
        let before = self.answered.replace((node, at));
        match before {
            Some((before, last)) if waited || before != node => Some(format!(
                "answered by {node}, {} after the last answer",
                Seconds(at.since(last))
            )),
            Some(_) => None,
            None => Some(format!("answered by {node}")),
        }
    }
}

fn farewell(priority: u8) -> Option<&'static str> {
    (priority == 0).then_some("priority 0 on the wire: a farewell")
}

fn told(news: &News) -> Option<String> {
    let told = match news {
        News::Said(line) => return Some(line.clone()),
        News::Mail(subject) => return Some(format!("mail: {subject}")),
        News::Owns(addresses) if !addresses.is_empty() => {
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            return Some(format!("has {}", addresses.join(" and ")));
        }
        News::Owns(_) => "has no virtual address any more",
        News::Daemon(Life::Ended) => "the daemon has ended",
        News::Daemon(Life::Runs) => "the daemon runs",
        News::Daemon(Life::Paused) => "the daemon is paused",
        News::Haproxy(true) => "HAProxy listens",
        News::Haproxy(false) => "HAProxy is gone",
        News::Cable(true) => "eth0 has a link",
        News::Cable(false) => "eth0 has no link",
        News::Counted(_) => return None,
    };
    Some(told.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(answers: &[(u64, Option<NodeName>)]) -> Vec<String> {
        let mut narrator = Narrator::default();
        let tell = |(milliseconds, node): &(u64, Option<NodeName>)| {
            let at = Moment::from_nanoseconds(milliseconds * 1_000_000);
            let what = Seen::Answer(*node);
            narrator.tell(&Observation { at, what })
        };
        let lines = answers.iter().filter_map(tell);
        lines.map(|line| line.text).collect()
    }

    #[test]
    fn the_clients_wait_is_told_once_and_how_long_it_was() {
        let (r1, r2) = (Some(NodeName::R1), Some(NodeName::R2));
        let seen = [
            (0, None),
            (20, r1),
            (40, r1),
            (160, None),
            (280, None),
            (900, r2),
        ];
        assert_eq!(
            answers(&seen),
            [
                "answered by r1",
                "no answer any more; r1 was the last",
                "answered by r2, 0.860 s after the last answer",
            ]
        );
    }

    #[test]
    fn an_advert_is_no_news_unless_it_is_a_farewell() {
        let told = |priority| {
            let what = Seen::Advertisement {
                from: Some(NodeName::R1),
                priority,
            };
            let at = Moment::from_nanoseconds(0);
            Narrator::default().tell(&Observation { at, what })
        };
        assert_eq!(told(101), None);
        assert_eq!(told(0).unwrap().text, "priority 0 on the wire: a farewell");
    }
}
