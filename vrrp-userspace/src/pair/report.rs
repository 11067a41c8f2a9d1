//! A comparison in words.

mod words;

use std::fmt::Write as _;

use self::words::{Millis, sentence};
use super::{
    Alone, Both, Comparison, Election, Gravity, Refused, Return, RouterComparison, Side, Takeover,
};

/// What the two files are called; different names.
pub(super) type Names = Both<String>;

impl Comparison {
    /// Several lines for each virtual router.
    #[must_use]
    pub fn full(&self, names: &Both<String>) -> String {
        let mut out = String::new();
        for router in &self.routers {
            write_router(&mut out, router, names);
        }
        for complaint in self.outside_of_routers(names) {
            line(&mut out, &format!("complaint: {complaint}"));
        }
        line(&mut out, &self.summary(names));
        out
    }

    /// One line for each complaint, and a summary.
    #[must_use]
    pub fn concise(&self, names: &Both<String>) -> String {
        let mut out = String::new();
        for router in &self.routers {
            let vrid = router.vrid;
            for finding in &router.findings {
                if finding.gravity() == Gravity::Complaint {
                    let said = sentence(finding, names);
                    line(&mut out, &format!("VRID {vrid}: complaint: {said}"));
                }
            }
        }
        for complaint in self.outside_of_routers(names) {
            line(&mut out, &format!("complaint: {complaint}"));
        }
        line(&mut out, &self.summary(names));
        out
    }

    /// What is missing on one side.
    fn outside_of_routers(&self, names: &Names) -> Vec<String> {
        let alone = self.alone.iter().map(|Alone { side, vrid, name }| {
            let (has, lacks) = (&names[*side], &names[side.other()]);
            format!(
                "VRID {vrid} (`{name}`) is only in {has}: nobody takes over from it; add it to {lacks}"
            )
        });
        let refused = self.refused.iter().map(|Refused { side, name, reason }| {
            format!("`{name}` of {} would not start: {reason}", names[*side])
        });
        alone.chain(refused).collect()
    }

    /// `a.conf and b.conf: 1 virtual router in both; 2 complaints, 1 note`
    fn summary(&self, names: &Names) -> String {
        let routers = counted(self.routers.len(), "virtual router");
        let counts: Vec<_> = [(Gravity::Complaint, "complaint"), (Gravity::Note, "note")]
            .into_iter()
            .map(|(gravity, name)| (self.count(gravity), name))
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| counted(count, name))
            .collect();
        let said = if counts.is_empty() {
            "nothing to say".to_owned()
        } else {
            counts.join(", ")
        };
        let Both { first, second } = names;
        format!("{first} and {second}: {routers} in both; {said}")
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn write_router(out: &mut String, router: &RouterComparison, names: &Names) {
    let RouterComparison {
        vrid,
        names: called,
        election,
        findings,
    } = router;
    let titles = Both::each(|side| format!("`{}` in {}", called[side], names[side]));
    line(
        out,
        &format!("VRID {vrid}: {}, {}", titles.first, titles.second),
    );
    write_election(out, election, names);
    for finding in findings {
        let gravity = match finding.gravity() {
            Gravity::Complaint => "complaint",
            Gravity::Note => "note",
        };
        line(out, &format!("  {gravity}: {}", sentence(finding, names)));
    }
}

fn write_election(out: &mut String, election: &Election, names: &Names) {
    match election {
        Election::BothActive => line(
            out,
            "  both are Active and hold the addresses: neither accepts what the other sends",
        ),
        Election::OneActive {
            winner,
            is_settled,
            priorities,
            takeovers,
        } => {
            let is_unheard = |side: Side| matches!(takeovers[side].comeback, Return::Unheard(_));
            let stays = if Side::BOTH.into_iter().any(is_unheard) {
                "who is Active stays, unless the other starts and does not hear it in time"
            } else {
                "who is Active stays"
            };
            let who = match (winner, is_settled) {
                (Some(winner), true) => format!("{} is Active", names[*winner]),
                (Some(winner), false) => {
                    let winner = &names[*winner];
                    format!("{winner} is Active if both start together; {stays}")
                }
                (None, _) => format!("{stays}; if both start together, their addresses decide"),
            };
            let Both { first, second } = names;
            line(
                out,
                &format!(
                    "  {who} (priority: {first} {}, {second} {})",
                    priorities.first, priorities.second
                ),
            );
            // First the loss of the one that is more likely Active.
            let lost = winner.unwrap_or(Side::First);
            for lost in [lost, lost.other()] {
                write_takeover(out, &takeovers[lost.other()], names, lost);
            }
        }
    }
}

fn write_takeover(out: &mut String, takeover: &Takeover, names: &Names, lost: Side) {
    let (lost, survivor) = (&names[lost], &names[lost.other()]);
    let Takeover {
        silence,
        interval,
        after_goodbye,
        after_kill,
        comeback,
    } = takeover;
    let earliest = Millis(silence.saturating_sub(*interval));
    let killed = if after_kill == silence {
        "as a crash, or earlier, when the guard says goodbye".to_owned()
    } else {
        let after_kill = Millis(*after_kill);
        format!("{after_kill} at the latest: the guard says goodbye within 1000 ms")
    };
    let (silence, after_goodbye) = (Millis(*silence), Millis(*after_goodbye));
    line(
        out,
        &format!("  when {lost} is lost, {survivor} takes over:"),
    );
    let mut row = |when: &str, what: &str| {
        let _ = writeln!(out, "    {when:<8}  {what}");
    };
    row(
        "crash",
        &format!("{silence} after its last advert, and so at least {earliest} after the crash"),
    );
    row("kill -9", &killed);
    row("stop", &format!("{after_goodbye} after its goodbye"));
    let back = match comeback {
        Return::AtOnce => "takes the addresses at its start: it owns them".to_owned(),
        Return::TakesOver(after) => format!("takes over {} after its start", Millis(*after)),
        Return::TakesOverBetween(earliest, latest) => format!(
            "takes over {} to {} after its start: `preempt_delay`",
            Millis(*earliest),
            Millis(*latest)
        ),
        Return::Unheard(after) => format!(
            "may take over {} after its start, which is less than one interval of {survivor}",
            Millis(*after)
        ),
        Return::StaysForNopreempt => "stays Backup: `nopreempt`".to_owned(),
        Return::StaysBehind => "stays Backup: its priority is not higher".to_owned(),
    };
    row("return", &format!("{lost} {back}"));
}
