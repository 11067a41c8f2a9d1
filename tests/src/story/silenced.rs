//! How an Active node keeps its rhythm while a stranger sends what nobody should believe.

use std::time::Duration;

use super::Calm;
use super::forgery::{STRANGER_ADDRESS, wrong_password};
use crate::condition::never;
use crate::host::Volley;
use crate::lab::Lab;
use crate::moment::Moment;

/// What was heard of the pair while the stranger spoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rhythm {
    /// How long it went on.
    pub watched: Duration,
    /// How many adverts the stranger sent meanwhile.
    pub forged: usize,
    /// How many each node sent, by name.
    pub sent: [(&'static str, usize); 2],
    /// The longest time without an advert from either.
    pub longest_silence: Duration,
    /// How often a node changed its role.
    pub changes: usize,
    /// A picture of it: one column for each fifth of a second, one row for each who spoke.
    pub picture: String,
}

/// What a column of the picture stands for.
const COLUMN: Duration = Duration::from_millis(200);

/// Lets the stranger send two adverts a second with a wrong password for `watched`, and reports what the pair did.
#[must_use]
pub fn under_wrong_passwords(lab: &Lab, watched: Duration) -> Rhythm {
    let calm = Calm::now(lab);
    let since = Moment::now();
    let count = u32::try_from(watched.as_secs() * 2).unwrap_or(u32::MAX);
    let volley = Volley {
        frames: vec![wrong_password()],
        count,
        per_second: 2,
    };
    let sending = lab.host.begin_to_send("eth0", &volley);
    never(watched, "the watch ends early", || false);
    sending.finish();
    observe(lab, &calm, since, watched)
}

fn observe(lab: &Lab, calm: &Calm<'_>, since: Moment, watched: Duration) -> Rhythm {
    let heard: Vec<_> = lab.first.advertisements();
    let heard: Vec<_> = heard
        .iter()
        .filter(|advert| (since..since + watched).contains(&advert.at))
        .collect();
    let times = |source| -> Vec<Moment> {
        heard
            .iter()
            .filter(|advert| advert.source == source)
            .map(|advert| advert.at)
            .collect()
    };
    let forged = times(STRANGER_ADDRESS);
    let nodes = [&lab.r1, &lab.r2].map(|node| (node, times(node.identity().first)));
    let mut rows = vec![row("stranger", 'x', &forged, since, watched)];
    rows.extend(nodes.iter().map(|(node, sent)| {
        row(
            &format!("{} {}", node.name(), node.daemon()),
            '|',
            sent,
            since,
            watched,
        )
    }));
    Rhythm {
        watched,
        forged: forged.len(),
        sent: nodes
            .each_ref()
            .map(|(node, sent)| (node.name(), sent.len())),
        longest_silence: longest_silence(nodes.map(|(_, sent)| sent).concat(), since, watched),
        changes: calm.changes(),
        picture: rows.join("\n"),
    }
}

/// The longest time without one of these moments, from the beginning of the watch to its end.
fn longest_silence(mut spoken: Vec<Moment>, since: Moment, watched: Duration) -> Duration {
    spoken.extend([since, since + watched]);
    spoken.sort();
    spoken
        .windows(2)
        .map(|pair| pair[1].since(pair[0]))
        .max()
        .unwrap_or(watched)
}

/// One row of the picture: a mark where something was sent.
fn row(who: &str, mark: char, sent: &[Moment], since: Moment, watched: Duration) -> String {
    let column = |at: Moment| at.since(since).as_millis() / COLUMN.as_millis();
    let last = watched.as_millis() / COLUMN.as_millis();
    let marks = (0..last).map(|n| {
        if sent.iter().any(|at| column(*at) == n) {
            mark
        } else {
            '.'
        }
    });
    format!("{who:<14} {}", marks.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: Moment = Moment::from_nanoseconds(7_000_000_000);

    #[test]
    fn a_row_has_a_mark_where_something_was_sent() {
        let sent = [BEGAN, BEGAN + Duration::from_millis(450)];
        let row = row("r1", '|', &sent, BEGAN, Duration::from_secs(1));
        assert_eq!(row, "r1             |.|..");
    }

    #[test]
    fn silence_counts_from_the_beginning_to_the_end() {
        let sent = vec![
            BEGAN + Duration::from_secs(3),
            BEGAN + Duration::from_secs(1),
        ];
        let silence = |watched| longest_silence(sent.clone(), BEGAN, Duration::from_secs(watched));
        assert_eq!(
            (silence(4), silence(9)),
            (Duration::from_secs(2), Duration::from_secs(6))
        );
    }
}
