//! The page of the results, for a terminal and for docs/benchmarks.md.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::results::{Figure, Results, Row, Spread};
use crate::{Extent, plot};

/// Everything, in Markdown.
pub(crate) fn of(results: &Results, extent: Extent) -> String {
    let mut page = String::from(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`: two nodes of one daemon in network namespaces, on a bridge, and then the same with the other daemon, in one run. Moments are the\n\
         kernel's stamps of what passed the bridge; processor time is the scheduler's count for all threads and processes of a daemon. The figures are of this machine; what counts is\n\
         how they compare.\n\n",
    );
    let times = match extent.repeat {
        1 => "once, so that there is no spread".to_owned(),
        times => format!("{times} times: the median, and the least and the greatest in brackets"),
    };
    page.push_str(&format!(
        "{} Each case was measured {times}.
",
        machine()
    ));
    let mut case = "";
    for row in &results.rows {
        if row.case != case {
            case = &row.case;
            page.push_str(&format!(
                "\n## {case}\n\n| | xvrrpd | keepalived | ratio | aim |\n|---|---|---|---|---|\n"
            ));
        }
        page.push_str(&line(row));
    }
    page
}

fn line(row: &Row) -> String {
    let Figure { name, unit, limit } = row.figure;
    let (ours, theirs) = (Spread::of(&row.ours), Spread::of(&row.keepalived));
    let shown =
        |spread: Option<Spread>| spread.map_or("–".to_owned(), |spread| text(spread, unit));
    let ratio = match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours.median > 0.0 && theirs.median > 0.0 => {
            format!("{}×", number(theirs.median / ours.median))
        }
        _ => String::new(),
    };
    let aim = match (limit, ours) {
        (Some(limit), Some(ours)) if ours.median <= limit => {
            format!("met ({})", bound(limit, unit))
        }
        (Some(limit), _) => format!("**missed** ({})", bound(limit, unit)),
        (None, _) => String::new(),
    };
    format!(
        "| {name} | {} | {} | {ratio} | {aim} |\n",
        shown(ours),
        shown(theirs)
    )
}

fn bound(limit: f64, unit: &str) -> String {
    if limit > 0.0 {
        format!("at most {} {unit}", number(limit))
            .trim_end()
            .to_owned()
    } else {
        "none".to_owned()
    }
}

fn text(spread: Spread, unit: &str) -> String {
    let mut text = format!("{} {unit}", number(spread.median))
        .trim_end()
        .to_owned();
    if spread.greatest > spread.least {
        text.push_str(&format!(
            " ({}–{})",
            number(spread.least),
            number(spread.greatest)
        ));
    }
    text
}

/// Three digits or so.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

fn machine() -> String {
    let said = |program: &str, arguments: &[&str]| -> String {
        let output = Command::new(program).args(arguments).output();
        let text = output.map(|output| {
            let all = [output.stdout, output.stderr].concat();
            String::from_utf8_lossy(&all)
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        });
        text.unwrap_or_default()
    };
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("a processor of unknown model", |(_, model)| model);
    let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!(
        "{count} × {processor}, Linux {}; xvrrpd {}, {}.",
        said("uname", &["-r"]),
        env!("CARGO_PKG_VERSION"),
        said("keepalived", &["--version"])
    )
}

/// Writes the page and its pictures.
pub(crate) fn write(folder: &Path, page: &str, results: &Results) -> Result<PathBuf> {
    let mut page = page.to_owned();
    for (name, title, picture) in plot::all(results) {
        let path = folder.join(&name);
        svg::save(&path, &picture)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        page.push_str(&format!("\n![{title}]({name})\n"));
    }
    let path = folder.join("benchmarks.md");
    fs::write(&path, page).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_aimed_at_and_missed() {
        let row = |ours: &[f64]| Row {
            case: "a".into(),
            figure: Figure::new("gap", "ms").below(20.0),
            ours: ours.to_vec(),
            keepalived: vec![411.0],
        };
        assert_eq!(
            line(&row(&[10.0, 12.0, 11.0])),
            "| gap | 11.0 ms (10.0–12.0) | 411 ms | 37.4× | met (at most 20.0 ms) |\n"
        );
        let missed = line(&row(&[30.0]));
        assert!(missed.contains("**missed** (at most 20.0 ms)"), "{missed}");
    }
}
