//! One interface, and the program.

use vrrp_ebpf::abi::Reason;

use super::sheet::{Piece, Sheet, Tone, piece, plain};
use crate::daemon::{
    reasons,
    status::{Counters, Interface, Program, Status},
};

/// Describes it.
pub(super) fn describe(sheet: &mut Sheet, one: &Interface) {
    let state = match (one.index, one.is_up) {
        (None, _) => piece(Tone::Bad, "does not exist"),
        (Some(_), false) => piece(Tone::Bad, "down"),
        (Some(_), true) => piece(Tone::Good, "up"),
    };
    sheet.heading(vec![
        piece(Tone::Strong, one.name.as_str()),
        plain(": "),
        state,
    ]);
    sheet.entry("XDP", &xdp(one));
    if one.carries_adverts {
        let hears = match one.raw_path.as_str() {
            "everything" => "judges every advert",
            _ => "judges what the program leaves to it: IP options, fragments, many addresses",
        };
        sheet.entry("raw socket", &[plain(hears)]);
    } else {
        sheet.entry("adverts", &[plain("none here; it only holds addresses")]);
    }
    counters(sheet, &one.counters);
}

fn xdp(one: &Interface) -> Vec<Piece> {
    let xdp = &one.xdp;
    match (xdp.mode.as_str(), &xdp.why) {
        ("none", why) => {
            let is_wanted = xdp.configured == "off";
            let tone = if is_wanted { Tone::Plain } else { Tone::Odd };
            let why = why.as_deref().unwrap_or("for an unknown reason");
            vec![piece(tone, format!("not here: {why}"))]
        }
        (mode, _) => {
            let where_ = match mode {
                "native" => "native, in the driver",
                _ => "generic, behind the driver",
            };
            let last_word = if xdp.is_final {
                "judges adverts and claims by ARP"
            } else {
                "VLAN tags may be stripped before it, so the raw socket judges"
            };
            vec![plain(format!("{where_}; {last_word}"))]
        }
    }
}

fn counters(sheet: &mut Sheet, counters: &Counters) {
    let counted = |counts: &std::collections::BTreeMap<String, u64>, name: &str| {
        counts.get(name).copied().unwrap_or(0)
    };
    let names = Reason::ALL.iter().map(|reason| reason.name());
    let mut names: Vec<&str> = names.collect();
    // Those that a newer daemon counts by.
    let others = counters.program.keys().map(String::as_str);
    names.extend(others.filter(|name| reasons::reason(name).is_none()));
    let is_quiet =
        |name: &&str| counted(&counters.program, name) == 0 && counted(&counters.raw, name) == 0;
    names.retain(|name| !is_quiet(name));
    if names.is_empty() && counters.raw_lost == 0 {
        sheet.entry("counters", &[plain("nothing yet")]);
        return;
    }
    sheet.entry("counters", &[plain("by the program / on the raw socket")]);
    for name in names {
        let (program, raw) = (
            counted(&counters.program, name),
            counted(&counters.raw, name),
        );
        let meaning = reasons::reason(name).map_or("", reasons::meaning);
        sheet.counted(
            (&program.to_string(), &raw.to_string()),
            &[plain(format!("{name}: ")), piece(Tone::Faint, meaning)],
        );
    }
    if counters.raw_lost > 0 {
        let lost = counters.raw_lost;
        let text = "lost: the raw socket had no room for them";
        sheet.counted(("", &lost.to_string()), &[piece(Tone::Odd, text)]);
    }
}

/// The program, and how to look into it.
pub(super) fn describe_program(sheet: &mut Sheet, status: &Status) {
    let Some(Program { id, command, maps }) = &status.program else {
        return;
    };
    let heading = format!("XDP program {id}, and how to look into it");
    sheet.heading(vec![piece(Tone::Strong, heading)]);
    sheet.command(command, "the program");
    for one in &status.interfaces {
        if let Some(command) = &one.xdp.command {
            sheet.command(command, &format!("its place on {}", one.name));
        }
    }
    for map in maps {
        let remark = match holds(&map.name) {
            "" => map.name.clone(),
            holds => format!("{}: {holds}", map.name),
        };
        sheet.command(&map.command, &remark);
    }
}

/// What is in a map.
fn holds(map: &str) -> &'static str {
    match map {
        "ALERTS" => "ring of reports for the log",
        "BLOCKS" => "per instance, the last adverts",
        "BUCKETS" => "how often is reported",
        "COUNTERS" => "per interface, by reason",
        "EVENTS" => "ring that wakes the election",
        "PORTS" => "the interfaces it judges",
        "ROLES" => "what each instance is",
        "ROUTERS" => "what an advert must have",
        "VIPS" => "the addresses it watches",
        "AYA_LOGS" => "ring of its own log lines",
        _ => "",
    }
}
