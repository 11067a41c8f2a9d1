//! `xvrrpd history`.

use std::{io, path::Path, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;
use jiff::{Timestamp, tz::TimeZone};

use super::{
    client::Whom,
    is_coloured,
    status::{
        print,
        sheet::{Piece, Row, Sheet, Tone, piece, plain},
        words::{count, exact, interval},
    },
};
use crate::daemon::{
    Answer, Request,
    history::{Adverts, Around, Direction, History, Program, Transition, Which},
    last_words::LastWords,
};

/// Columns of the page.
const COLUMNS: usize = 100;

/// What to show, and how.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only this instance, which may be gone.
    instance: Option<String>,
    /// No more than the last so many transitions.
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 20)]
    last: usize,
    /// As JSON; docs/history.md, in the package /usr/share/doc/xvrrpd/history.md, lists the fields.
    #[arg(long)]
    json: bool,
    /// What a daemon that crashed has left beside its pid file, with the ending `.panic.json`, instead of asking one that runs.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pid", "socket"])]
    dump: Option<PathBuf>,
    #[command(flatten)]
    whom: Whom,
}

/// Says what the instances have become, and why.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let which = Which {
        instance: arguments.instance.clone(),
        last: Some(arguments.last),
    };
    let zone = TimeZone::system();
    let mut sheet = Sheet::of_width(COLUMNS);
    let json = if let Some(file) = &arguments.dump {
        let mut words = read(file)?;
        words.history = words.history.map(|history| history.only(&which));
        describe_end(&mut sheet, &words, &zone);
        serde_json::to_string_pretty(&words)?
    } else {
        let asked = arguments.whom.ask(&Request::History(which), take)?;
        let history = match asked {
            Ok(history) => history,
            Err(code) => return Ok(code),
        };
        describe(&mut sheet, &history, &zone);
        serde_json::to_string_pretty(&history)?
    };
    let text = if arguments.json {
        format!("{json}\n")
    } else {
        sheet.to_text(is_coloured(&io::stdout()))
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn take(answer: Answer) -> std::result::Result<History, Answer> {
    match answer {
        Answer::History(history) => Ok(*history),
        other @ (Answer::Status(_)
        | Answer::Capturing
        | Answer::Changes(_)
        | Answer::Refused(_)
        | Answer::Error(_)) => Err(other),
    }
}

fn read(file: &Path) -> Result<LastWords> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&bytes).with_context(|| {
        format!(
            "{} was not left by a daemon of this version that crashed",
            file.display()
        )
    })
}

fn describe_end(sheet: &mut Sheet, words: &LastWords, zone: &TimeZone) {
    sheet.heading(vec![
        piece(Tone::Bad, format!("panic in thread {}", words.thread)),
        plain(format!(
            " of xvrrpd {}, process {}, at {}",
            words.version,
            words.pid,
            moment(words.at, zone)
        )),
    ]);
    sheet.entry("message", &[plain(words.message.as_str())]);
    sheet.entry("in", &[plain(words.place.as_str())]);
    if let Some(handling) = &words.handling {
        let what = format!("{} was being told {}", handling.instance, handling.event);
        sheet.entry("meanwhile", &[plain(what)]);
    }
    for (index, line) in words.backtrace.lines().enumerate() {
        let label = if index == 0 { "backtrace" } else { "" };
        sheet.entry(label, &[piece(Tone::Faint, line)]);
    }
    match &words.history {
        Some(history) => describe(sheet, history, zone),
        None => sheet.heading(vec![plain(
            "There is no history: the panic came while it was being written.",
        )]),
    }
}

/// Everything there is to say, for people.
fn describe(sheet: &mut Sheet, history: &History, zone: &TimeZone) {
    for one in &history.transitions {
        transition(sheet, one, zone);
    }
    let mut remarks = Vec::new();
    if history.transitions.is_empty() {
        remarks.push("Nothing has become anything else yet.".to_owned());
    }
    if history.left_out > 0 {
        let number = count(history.left_out, "older transition");
        remarks.push(format!("{number} not shown; --last shows more."));
    }
    for (instance, number) in &history.forgotten {
        let number = count(*number, "transition");
        remarks.push(format!("{instance} had {number} that nobody remembers."));
    }
    if history.transitions.iter().any(|one| one.program.is_some()) {
        let truth = "Where the XDP program judges, an advert that repeats the one before does not reach the daemon: of those that are heard, \
                     only news and the last one before a deadline are listed, and all are counted in the line of the program.";
        remarks.push(truth.to_owned());
    }
    for remark in remarks {
        sheet.heading(vec![piece(Tone::Faint, remark)]);
    }
}

fn transition(sheet: &mut Sheet, one: &Transition, zone: &TimeZone) {
    sheet.heading(vec![
        plain(format!("{}  ", moment(one.at, zone))),
        piece(Tone::Strong, one.instance.as_str()),
        plain(format!(": {} to ", one.from)),
        state(&one.to),
    ]);
    sheet.entry("because", &[plain(one.because.as_str())]);
    let who = format!(
        "{}, VRID {}, with priority {}",
        one.interface, one.vrid, one.priority
    );
    sheet.entry("on", &[plain(who)]);
    around(sheet, "before", &one.before);
    if let Some(seen) = &one.program {
        sheet.entry("the program", &[plain(program(seen))]);
    }
    around(sheet, "after", &one.after);
}

fn state(name: &str) -> Piece {
    let tone = match name {
        "MASTER" => Tone::Good,
        "FAULT" => Tone::Bad,
        "INIT" => Tone::Odd,
        _ => Tone::Strong,
    };
    piece(tone, name)
}

fn around(sheet: &mut Sheet, label: &str, around: &Around) {
    let mut rows: Vec<Row> = around
        .adverts
        .iter()
        .map(|adverts| vec![plain(line(adverts))])
        .collect();
    if around.omitted > 0 {
        let more = count(around.omitted, "more advert");
        rows.push(vec![plain(format!("and {more}, of still other kinds"))]);
    }
    if rows.is_empty() {
        rows.push(vec![piece(Tone::Faint, "no advert")]);
    }
    for (index, row) in rows.iter().enumerate() {
        sheet.entry(if index == 0 { label } else { "" }, row);
    }
}

/// One kind of adverts: `3.609 s before: heard 10.89.0.9, priority 101, due every 1 s; 4 such, the first 30.002 s before`.
fn line(adverts: &Adverts) -> String {
    let Adverts {
        priority,
        interval_ms,
        ..
    } = adverts;
    let mut text = format!("{}: ", offset(adverts.last_ms));
    text.push_str(&match (adverts.way, adverts.source) {
        (Direction::Heard, Some(source)) => format!("heard {source}"),
        (Direction::Heard, None) => "heard".into(),
        (Direction::Sent, _) => "sent".into(),
        (Direction::NotSent, _) => "could not be sent".into(),
    });
    text.push_str(&match priority {
        0 => ", priority 0, which is a farewell".into(),
        _ => format!(
            ", priority {priority}, due every {}",
            interval(*interval_ms)
        ),
    });
    if adverts.count > 1 {
        let (number, first) = (adverts.count, offset(adverts.first_ms));
        text.push_str(&format!("; {number} such, the first {first}"));
    }
    text
}

fn offset(milliseconds: i64) -> String {
    let (exact, side) = (exact(milliseconds.unsigned_abs()), milliseconds.signum());
    match side {
        -1 => format!("{exact} before"),
        1 => format!("{exact} after"),
        _ => "at once".into(),
    }
}

fn program(program: &Program) -> String {
    let accepted = count(program.accepted, "advert");
    let last = match &program.last {
        Some(last) => format!("; the last sign of a MASTER: {}", line(last)),
        None => "; no sign of a MASTER so far".into(),
    };
    let rejected = program.rejected_since_accepted;
    format!("had accepted {accepted}{last}; {rejected} rejected since the last accepted")
}

/// A moment, by the clock on the wall, to the millisecond.
fn moment(moment: Timestamp, zone: &TimeZone) -> String {
    let local = moment.to_zoned(zone.clone());
    local.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, net::IpAddr};

    use expect_test::expect;

    use super::*;

    fn heard(priority: u8, count: u64, first_ms: i64, last_ms: i64) -> Adverts {
        Adverts {
            way: Direction::Heard,
            source: Some(IpAddr::from([10, 89, 0, 9])),
            priority,
            interval_ms: 1000,
            count,
            first_ms,
            last_ms,
        }
    }

    fn takeover() -> History {
        let sent = Adverts {
            way: Direction::Sent,
            source: None,
            ..heard(100, 10, 0, 9_004)
        };
        History {
            at: "2026-11-26T02:20:00Z".parse().unwrap(),
            transitions: vec![Transition {
                at: "2026-11-26T02:10:00.123Z".parse().unwrap(),
                instance: "HA_\u{1b}V1".into(),
                interface: "eth0".into(),
                vrid: 213,
                from: "BACKUP".into(),
                to: "MASTER".into(),
                priority: 100,
                because: "10.89.0.9 let go with priority 0 0.609 s ago".into(),
                before: Around {
                    adverts: vec![heard(101, 4, -30_002, -1_609), heard(0, 1, -609, -609)],
                    omitted: 0,
                },
                program: Some(Program {
                    accepted: 31,
                    rejected_since_accepted: 2,
                    last: Some(heard(101, 1, -1_609, -1_609)),
                }),
                after: Around {
                    adverts: vec![sent],
                    omitted: 3,
                },
            }],
            left_out: 1,
            forgotten: BTreeMap::from([("HA_V1".into(), 170)]),
        }
    }

    #[test]
    fn a_takeover_is_told_with_the_adverts_around_it() {
        let mut sheet = Sheet::of_width(COLUMNS);
        describe(&mut sheet, &takeover(), &TimeZone::UTC);
        expect![[r#"
            2026-11-26 02:10:00.123  HA_?V1: BACKUP to MASTER
              because        10.89.0.9 let go with priority 0 0.609 s ago
              on             eth0, VRID 213, with priority 100
              before         1.609 s before: heard 10.89.0.9, priority 101, due every 1 s; 4 such, the first
                             30.002 s before
                             0.609 s before: heard 10.89.0.9, priority 0, which is a farewell
              the program    had accepted 31 adverts; the last sign of a MASTER: 1.609 s before: heard
                             10.89.0.9, priority 101, due every 1 s; 2 rejected since the last accepted
              after          9.004 s after: sent, priority 100, due every 1 s; 10 such, the first at once
                             and 3 more adverts, of still other kinds

            1 older transition not shown; --last shows more.

            HA_V1 had 170 transitions that nobody remembers.

            Where the XDP program judges, an advert that repeats the one before does not reach the daemon: of
                those that are heard, only news and the last one before a deadline are listed, and all are
                counted in the line of the program.
        "#]].assert_eq(&sheet.to_text(false));
    }

    #[test]
    fn what_was_told_before_can_be_told_in_part() {
        let none = Which {
            instance: Some("other".into()),
            last: None,
        };
        let history = takeover().only(&none);
        assert!(history.transitions.is_empty() && history.forgotten.is_empty());
        let last = Which {
            instance: None,
            last: Some(0),
        };
        assert_eq!(takeover().only(&last).left_out, 2);
    }
}
