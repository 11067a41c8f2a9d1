//! What a client of the virtual address saw, question by question.

use std::time::Duration;

use crate::moment::Moment;
use crate::namespace::{LAB_PROGRAM, Namespace};
use crate::process::Background;
use crate::tail::Tail;

/// One question and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// When the answer came, or the client gave up.
    pub at: Moment,
    /// The node that answered, if one did.
    pub node: Option<String>,
}

impl Answer {
    /// The line the client's program writes.
    #[must_use]
    pub fn to_line(&self) -> String {
        format!(
            "{} {}",
            self.at.nanoseconds(),
            self.node.as_deref().unwrap_or("-")
        )
    }

    fn from_line(line: &str) -> Option<Self> {
        let (at, node) = line.split_once(' ')?;
        let at = Moment::from_nanoseconds(at.parse().ok()?);
        Some(Self {
            at,
            node: (node != "-").then(|| node.to_owned()),
        })
    }
}

/// A time without an answer between two answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The last answer before it.
    pub from: Answer,
    /// The first answer after it.
    pub to: Answer,
}

impl Gap {
    /// How long the client waited.
    #[must_use]
    pub const fn length(&self) -> Duration {
        self.to.at.since(self.from.at)
    }
}

/// A client that keeps asking an address, and remembers.
#[derive(Debug)]
pub struct Timeline {
    tail: Tail,
    _client: Background,
}

impl Timeline {
    /// Starts a client on this machine that asks `address` again and again.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(machine: &Namespace, address: &str) -> Self {
        let mut ask = machine.command(LAB_PROGRAM);
        let (client, output) = Background::start_to_read(ask.args(["ask", address]));
        Self {
            tail: Tail::of(output),
            _client: client,
        }
    }

    /// Everything so far.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        self.tail.with(|lines| {
            lines
                .iter()
                .filter_map(|line| Answer::from_line(line))
                .collect()
        })
    }

    /// Everything after the first `seen` answers.
    #[must_use]
    pub fn answers_after(&self, seen: usize) -> Vec<Answer> {
        self.tail.with(|lines| {
            let new = lines.get(seen..).unwrap_or_default().iter();
            new.filter_map(|line| Answer::from_line(line)).collect()
        })
    }

    /// Who answered last, if the last question was answered.
    #[must_use]
    pub fn answered_by(&self) -> Option<String> {
        self.tail
            .with(|lines| Answer::from_line(lines.last()?)?.node)
    }

    /// The times since `since` without an answer that lasted at least `shortest`.
    #[must_use]
    pub fn gaps(&self, since: Moment, shortest: Duration) -> Vec<Gap> {
        gaps(&self.answers(), since, shortest)
    }

    /// The longest time since `since` between two answers.
    #[must_use]
    pub fn longest_gap(&self, since: Moment) -> Option<Gap> {
        self.gaps(since, Duration::ZERO)
            .into_iter()
            .max_by_key(Gap::length)
    }
}

fn gaps(answers: &[Answer], since: Moment, shortest: Duration) -> Vec<Gap> {
    let answered: Vec<_> = answers
        .iter()
        .filter(|answer| answer.node.is_some())
        .collect();
    let pairs = answered.windows(2).map(|pair| Gap {
        from: pair[0].clone(),
        to: pair[1].clone(),
    });
    pairs
        .filter(|gap| gap.to.at >= since && gap.length() >= shortest)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(lines: &[&str]) -> Vec<Answer> {
        lines
            .iter()
            .filter_map(|line| Answer::from_line(line))
            .collect()
    }

    #[test]
    fn a_gap_lies_between_the_last_answer_and_the_next() {
        let answers = timeline(&["10 r1", "30 r1", "50 -", "70 -", "90 r2", "110 r2"]);
        let found = gaps(
            &answers,
            Moment::from_nanoseconds(0),
            Duration::from_nanos(21),
        );
        assert_eq!(
            found,
            [Gap {
                from: answers[1].clone(),
                to: answers[4].clone()
            }]
        );
        assert_eq!(found[0].length(), Duration::from_nanos(60));
    }

    #[test]
    fn a_gap_that_ended_before_does_not_count() {
        let answers = timeline(&["10 r1", "90 r2", "95 r2"]);
        assert_eq!(
            gaps(
                &answers,
                Moment::from_nanoseconds(91),
                Duration::from_nanos(21)
            ),
            []
        );
    }

    #[test]
    fn an_answer_survives_the_way_through_a_pipe() {
        let [heard, silence] = ["7 r1", "9 -"].map(|line| Answer::from_line(line).unwrap());
        assert_eq!(
            (heard.to_line(), silence.to_line()),
            ("7 r1".to_owned(), "9 -".to_owned())
        );
        assert_eq!((heard.node.as_deref(), silence.node), (Some("r1"), None));
    }
}
