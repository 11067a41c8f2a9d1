//! One virtual router.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    sheet::{Piece, Sheet, Tone, piece, plain},
    words::{count, exact, interval, moment, span},
};
use crate::daemon::status::{
    ActiveRouter, Addresses, Adverts, Instance, Priority, Script, VirtualMac,
};

/// Intervals after which an advert that has not come is worth a look: then the takeover begins.
const OVERDUE: u64 = 3;

/// Describes it as of `now`.
pub(super) fn describe(sheet: &mut Sheet, one: &Instance, now: Timestamp, zone: &TimeZone) {
    sheet.heading(vec![
        piece(Tone::Strong, one.name.as_str()),
        plain(": "),
        piece(tone(&one.state), one.state.as_str()),
        plain(format!(
            " for {}, since {}",
            span(one.since, now),
            moment(one.since, zone)
        )),
    ]);
    let because = one.because.as_deref().unwrap_or("it has just begun");
    sheet.entry("because", &[plain(because)]);
    if !one.faults.is_empty() {
        sheet.entry("wrong now", &[piece(Tone::Bad, one.faults.join(", "))]);
    }
    sheet.entry("priority", &[plain(priority(&one.priority))]);
    for (index, one) in one.priority.scripts.iter().enumerate() {
        let label = if index == 0 { "scripts" } else { "" };
        sheet.entry(label, &[script(one)]);
    }
    let router = one.active_router.as_ref();
    sheet.entry(
        "MASTER",
        &match router {
            Some(router) => master(router, one.advert_interval_ms),
            None => vec![plain(nobody(&one.state))],
        },
    );
    if let Some(group) = &one.sync_group {
        sheet.entry("sync group", &[plain(group.as_str())]);
    }
    for (index, on_top) in one.virtual_macs.iter().enumerate() {
        let label = if index == 0 { "virtual MAC" } else { "" };
        let VirtualMac {
            mac,
            interface,
            beneath,
        } = on_top;
        let speaks = one.adverts_from_mac.as_ref() == Some(mac) && one.interface == *beneath;
        let also = if speaks {
            "; adverts come from it too"
        } else {
            ""
        };
        sheet.entry(
            label,
            &[plain(format!(
                "{mac}, on {interface} above {beneath}{also}"
            ))],
        );
    }
    sheet.entry("addresses", &held(&one.addresses));
    listed(sheet, &one.addresses);
    sheet.entry("adverts", &adverts(&one.adverts));
    sheet.entry(
        "on",
        &[plain(format!(
            "{}, VRID {}, VRRP version {}; has become MASTER {}",
            one.interface,
            one.vrid,
            one.version,
            count(one.became_master, "time"),
        ))],
    );
}

/// How a state looks.
pub(super) fn tone(state: &str) -> Tone {
    match state {
        "MASTER" => Tone::Good,
        "FAULT" => Tone::Bad,
        "INIT" => Tone::Odd,
        _ => Tone::Plain,
    }
}

fn priority(priority: &Priority) -> String {
    let Priority {
        effective,
        configured,
        scripts,
    } = priority;
    let changes = scripts.iter().map(|script| script.adds);
    let changes: Vec<_> = changes.filter(|change| *change != 0).collect();
    let mut text = effective.to_string();
    if changes.is_empty() {
        text.push_str(", as configured");
    } else {
        text.push_str(&format!(" = {configured}"));
        for change in &changes {
            let sign = if *change < 0 { '-' } else { '+' };
            text.push_str(&format!(" {sign} {}", change.unsigned_abs()));
        }
        let sum = changes
            .iter()
            .copied()
            .fold(i32::from(*configured), |sum, change| {
                sum + i32::from(change)
            });
        if *configured == u8::MAX {
            text.push_str(" (whoever owns the addresses stays at 255)");
        } else if sum != i32::from(*effective) {
            text.push_str(" (kept within 1 to 254)");
        }
    }
    text
}

fn script(script: &Script) -> Piece {
    let Script {
        name,
        is_up,
        weight,
        reverse,
        is_fault,
        ..
    } = script;
    let reverse = if *reverse { " reverse" } else { "" };
    let weight = match weight {
        0 => format!("a fault if it fails{reverse}"),
        weight => format!("weight {weight}{reverse}"),
    };
    match is_up {
        Some(true) => plain(format!("{name} is up ({weight})")),
        Some(false) if *is_fault => piece(Tone::Bad, format!("{name} is down ({weight})")),
        Some(false) => piece(Tone::Odd, format!("{name} is down ({weight})")),
        None => plain(format!("{name} has not reported yet ({weight})")),
    }
}

/// Why it does not know who is MASTER.
fn nobody(state: &str) -> &'static str {
    match state {
        "BACKUP" => "nobody of its priority or more has been heard yet",
        _ => "not known: it takes no part, and does not listen",
    }
}

fn master(router: &ActiveRouter, every: u64) -> Vec<Piece> {
    let address = router.address;
    let age = router.last_advert_age_ms;
    let when = match age {
        Some(age) => format!("last advert {} ago", exact(age)),
        None => "no advert yet".into(),
    };
    let is_overdue = age.is_none_or(|age| age > OVERDUE * every);
    let when = piece(if is_overdue { Tone::Odd } else { Tone::Plain }, when);
    let who = if router.is_this_router {
        format!("this node, {address}; ")
    } else {
        match router.priority {
            Some(priority) => format!("{address} with priority {priority}; "),
            None => format!("{address}; "),
        }
    };
    let every = format!("; one is due every {}", interval(every));
    vec![plain(who), when, plain(every)]
}

fn held(addresses: &Addresses) -> Vec<Piece> {
    let Addresses {
        configured,
        excluded,
        routes,
        held,
        missing,
        left_over,
        ..
    } = addresses;
    let text = match held {
        Some(held) => format!("{held} of {configured} are here"),
        None => format!("{configured}; the kernel does not say which are here"),
    };
    let mut pieces = vec![plain(text)];
    if *routes > 0 {
        let how = "as local routes (`ip route show table local proto 112`)";
        pieces.push(plain(format!("; {routes} of them {how}")));
    }
    if *excluded > 0 {
        pieces.push(plain(format!("; {excluded} of them are not advertised")));
    }
    if !missing.is_empty() {
        pieces.push(piece(Tone::Bad, "; missing: "));
        pieces.push(piece(
            Tone::Bad,
            some(missing, configured.saturating_sub(held.unwrap_or(0))),
        ));
    }
    if !left_over.is_empty() {
        pieces.push(piece(Tone::Odd, "; here without being MASTER: "));
        pieces.push(piece(Tone::Odd, some(left_over, held.unwrap_or(0))));
    }
    pieces
}

/// A list of which only the beginning may be there.
fn some(list: &[String], all: u64) -> String {
    let shown = list.len() as u64;
    let shown_text = list.join(", ");
    if all > shown {
        format!("{shown_text} and {} more", all - shown)
    } else {
        shown_text
    }
}

fn listed(sheet: &mut Sheet, addresses: &Addresses) {
    if !addresses.list.is_empty() {
        let list = some(&addresses.list, addresses.configured);
        sheet.entry("", &[piece(Tone::Faint, list)]);
    }
}

fn adverts(adverts: &Adverts) -> Vec<Piece> {
    let Adverts {
        sent,
        releases_sent,
        releases_accepted: _,
        lists_differed: _,
        cannot_be_sent,
        accepted,
        rejected_since_accepted,
        saved_by_map,
    } = *adverts;
    let mut pieces = vec![plain(format!(
        "{sent} sent, {releases_sent} of them with priority 0; {accepted} accepted; "
    ))];
    if saved_by_map > 0 {
        let saved = format!("{saved_by_map} of them only the kernel's map has told of, in time; ");
        pieces.push(piece(Tone::Odd, saved));
    }
    let rejected = format!("{rejected_since_accepted} rejected since the last accepted");
    let is_calm = rejected_since_accepted == 0;
    pieces.push(piece(
        if is_calm { Tone::Plain } else { Tone::Odd },
        rejected,
    ));
    if cannot_be_sent {
        pieces.push(piece(Tone::Bad, "; the last one could not be sent"));
    }
    pieces
}
