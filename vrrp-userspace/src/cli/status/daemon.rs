//! The daemon itself: who it is, and how it fares.

use jiff::tz::TimeZone;

use super::{
    sheet::{Piece, Sheet, Tone, piece, plain},
    words::{count, fine, moment, rough, span},
};
use crate::daemon::status::{Status, Wakeups};

/// Describes it.
pub(super) fn describe(sheet: &mut Sheet, status: &Status, zone: &TimeZone) {
    let (version, pid) = (&status.version, status.pid);
    sheet.heading(vec![piece(
        Tone::Strong,
        format!(
            "xvrrpd {version}, process {pid}, running for {}",
            rough(status.uptime_seconds)
        ),
    )]);
    sheet.entry(
        "configuration",
        &[plain(status.configuration.display().to_string())],
    );
    sheet.entry("guard", &[guard(status.guard_pid)]);
    sheet.entry("wake-ups", &wakeups(&status.wakeups, zone));
    reload(sheet, status, zone);
    metrics(sheet, status);
    if status.leaving_addresses > 0 {
        let leaving = count(status.leaving_addresses, "address");
        let text = format!("{leaving} taken away by a reload and not gone yet");
        sheet.entry("leaving", &[piece(Tone::Odd, text)]);
    }
}

fn guard(pid: Option<u32>) -> Piece {
    match pid {
        Some(pid) => plain(format!("process {pid}, cleans up if the daemon dies")),
        None => piece(
            Tone::Bad,
            "none at the moment: no script runs, and a crash would leave the addresses",
        ),
    }
}

fn wakeups(wakeups: &Wakeups, zone: &TimeZone) -> Vec<Piece> {
    let Wakeups {
        total,
        late,
        late_after_us,
        worst_us,
        worst_at,
    } = *wakeups;
    let limit = fine(late_after_us);
    let mut text = if late == 0 {
        vec![plain(format!(
            "{total}, none more than {limit} late; the latest by {}",
            fine(worst_us)
        ))]
    } else {
        let text = format!("{late} of {total} more than {limit} late");
        let worst = format!("; the latest by {}", fine(worst_us));
        vec![piece(Tone::Odd, text), plain(worst)]
    };
    if let Some(at) = worst_at {
        text.push(plain(format!(", {}", moment(at, zone))));
    }
    text
}

fn reload(sheet: &mut Sheet, status: &Status, zone: &TimeZone) {
    let Some(reload) = &status.last_reload else {
        sheet.entry("last reload", &[plain("none since the start")]);
        return;
    };
    let ago = span(reload.at, status.at);
    let when = format!("{} ({ago} ago)", moment(reload.at, zone));
    let outcome = if reload.is_done {
        piece(Tone::Good, "done ")
    } else {
        piece(Tone::Bad, "refused ")
    };
    let rest = match (reload.is_done, reload.lines.is_empty()) {
        (true, true) => ", nothing changed",
        (true, false) => ":",
        (false, _) => "; the running configuration stays:",
    };
    sheet.entry("last reload", &[outcome, plain(when + rest)]);
    for line in &reload.lines {
        sheet.item(&[plain(line.as_str())]);
    }
}

fn metrics(sheet: &mut Sheet, status: &Status) {
    let Some(metrics) = &status.metrics else {
        return;
    };
    let text = match &metrics.problem {
        Some(problem) => piece(Tone::Bad, problem.as_str()),
        None => plain(format!("http://{}/metrics", metrics.address)),
    };
    sheet.entry("metrics", &[text]);
}
