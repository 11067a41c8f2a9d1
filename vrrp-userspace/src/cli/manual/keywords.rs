//! The page of the configuration, from the tables of keywords.

use anyhow::Result;
use clap_mangen::roff::{Roff, bold, roman};

use super::sections::entry;
use crate::config::keywords::{self, Row, Support};

const INTRODUCTION: [&str; 4] = [
    "xvrrpd reads the configuration of keepalived, without changes: keywords, one to a line, and blocks in braces. What stands behind ! or # is a \
     comment. xvrrpd-check(8) says everything there is to say about a file and starts nothing.",
    "A line that begins with @ and a word is read only by those who go by that word: the host's short name, or what --config-id says, and for xvrrpd \
     always the word xvrrpd too. So the keywords that only xvrrpd knows can stand in a file that keepalived reads as well, as in",
    "@xvrrpd xdp_mode native",
    "The keywords follow block by block. Those that are accepted without effect, and those that are not supported yet, are named at the end of \
     each; where one of the latter would change who is heard or what is sent, its instance does not start.",
];

/// The page.
pub(super) fn page(date: &str) -> Result<Vec<u8>> {
    let mut roff = Roff::new();
    let source = format!("xvrrpd {}", env!("CARGO_PKG_VERSION"));
    roff.control("TH", ["xvrrpd.conf", "5", date, &source, "File Formats"]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("xvrrpd.conf - the configuration of xvrrpd")]);
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([bold("/etc/keepalived/keepalived.conf")]);
    roff.control("SH", ["DESCRIPTION"]);
    for paragraph in INTRODUCTION {
        roff.control("PP", []);
        roff.text([roman(paragraph)]);
    }
    let rows = keywords::all();
    for block in rows.chunk_by(|one, other| one.block == other.block) {
        section(&mut roff, block);
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman("xvrrpd(8), xvrrpd-check(8), keepalived.conf(5)")]);
    let mut text = Vec::new();
    roff.to_writer(&mut text)?;
    Ok(text)
}

fn section(roff: &mut Roff, rows: &[Row]) {
    let Some(Row { block, .. }) = rows.first() else {
        return;
    };
    let heading = if block.is_empty() {
        "OUTSIDE ALL BLOCKS".to_owned()
    } else {
        format!("IN {block} {{ … }}")
    };
    roff.control("SH", [heading.as_str()]);
    for row in of(rows, Support::Implemented) {
        entry(roff, [bold(row.usage)], row.help);
    }
    for row in of(rows, Support::WithoutEffect) {
        let term = [bold(row.usage), roman(" (without effect)")];
        entry(roff, term, &sentence(row.help));
    }
    for row in rows {
        if let Support::Renamed(new) = row.support {
            entry(roff, [bold(row.usage)], &format!("The old name of {new}."));
        }
    }
    for row in of(rows, Support::NotYet) {
        let term = [bold(row.usage), roman(" (not supported yet)")];
        entry(roff, term, row.help);
    }
    let left: Vec<_> = of(rows, Support::LoadBalancing)
        .map(|row| row.name)
        .collect();
    if !left.is_empty() {
        let term = [roman("Of keepalived's load balancer, and skipped")];
        entry(roff, term, &format!("{}.", left.join(", ")));
    }
}

fn of(rows: &[Row], support: Support) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |row| row.support == support)
}

/// Some reasons are parts of a sentence that a diagnostic completes.
fn sentence(reason: &str) -> String {
    let mut letters = reason.trim_end_matches('.').chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}
