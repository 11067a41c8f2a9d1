//! `cargo xtask conformance`: what the RFCs ask, and which tests answer.

mod lines;
mod tags;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};

use self::{
    lines::{LINES, Level, Line, Standing},
    tags::{Sign, Tag},
};
use crate::{console, workspace};

const DOCUMENT: &str = "docs/conformance.md";

/// Where tests are, and what they go through.
const PLACES: &[(&str, &str)] = &[
    ("tests/xdp/table", "XDP, raw"),
    ("tests/xdp/native.rs", "raw"),
    ("tests/xdp/raw_path.rs", "raw"),
    ("tests/xdp", "XDP"),
    ("tests/e2e", "story"),
    (
        "vrrp-userspace/src/protocol/virtual_router",
        "state machine",
    ),
    ("vrrp-userspace/src/protocol", "protocol"),
    ("vrrp-userspace/src", "unit"),
];

/// Write the table of conformance, or check it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail if the table is not what the tests say
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let report = Report::read(&workspace::root())?;
    if arguments.check {
        report.check()?;
    } else {
        report.write()?;
    }
    console::result(&report.summary());
    Ok(ExitCode::SUCCESS)
}

/// What every line has to show for itself, and what is wrong.
pub(crate) struct Report {
    root: PathBuf,
    proofs: BTreeMap<u16, Vec<Proof>>,
    complaints: Vec<String>,
}

/// A test of a line.
struct Proof {
    sign: Sign,
    path: &'static str,
    test: String,
}

impl Report {
    /// Reads every test of the workspace at `root`.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut report = Self {
            root: root.to_owned(),
            proofs: BTreeMap::new(),
            complaints: Vec::new(),
        };
        for folder in ["tests", "vrrp-userspace/src", "vrrp-ebpf/src"] {
            report.read_folder(&root.join(folder))?;
        }
        report.judge();
        Ok(report)
    }

    fn read_folder(&mut self, folder: &Path) -> Result<()> {
        let mut entries: Vec<_> = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        entries.sort();
        for path in entries {
            if path.is_dir() {
                self.read_folder(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                self.read_file(&path)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path) -> Result<()> {
        let text = fs::read_to_string(path)?;
        let name = path
            .strip_prefix(&self.root)?
            .to_string_lossy()
            .into_owned();
        let is_table = name.starts_with("tests/xdp/table/") || name == "tests/xdp/native.rs";
        let claims = tags::read(&text, is_table).with_context(|| name.clone())?;
        for claim in claims.unfounded {
            self.complaints
                .push(format!("{name}: {claim} is claimed by no test"));
        }
        let place = PLACES.iter().find(|(place, _)| name.starts_with(place));
        for (test, tag) in claims.proved {
            match place {
                Some((_, path)) => self.take(&name, path, test, &tag),
                None => self
                    .complaints
                    .push(format!("{name}: {tag} stands where no path is known")),
            }
        }
        Ok(())
    }

    fn take(&mut self, file: &str, path: &'static str, test: String, tag: &Tag) {
        if !LINES.iter().any(|line| line.number == tag.number) {
            self.complaints
                .push(format!("{file}: there is no line {tag}"));
        }
        let stem = file.rsplit_once('/').map_or(file, |(_, name)| name);
        let stem = stem.strip_suffix(".rs").unwrap_or(stem);
        let proofs = self.proofs.entry(tag.number).or_default();
        let test = format!("{stem}: {test}");
        if !proofs
            .iter()
            .any(|known| known.test == test && known.sign == tag.sign)
        {
            let sign = tag.sign;
            proofs.push(Proof { sign, path, test });
        }
    }

    fn proofs(&self, line: &Line, sign: Sign) -> impl Iterator<Item = &Proof> {
        let proofs = self.proofs.get(&line.number);
        proofs
            .into_iter()
            .flatten()
            .filter(move |proof| proof.sign == sign)
    }

    /// A line that is followed has tests: one that must be, on both sides.
    fn judge(&mut self) {
        let mut complaints = Vec::new();
        for line in LINES {
            let has = |sign| self.proofs(line, sign).next().is_some();
            let (yes, no) = (has(Sign::Positive), has(Sign::Negative));
            let number = line.number;
            match line.standing {
                Standing::Followed if line.level == Level::Must && !(yes && no) => {
                    let missing = if yes { '-' } else { '+' };
                    complaints.push(format!("C{number:03}{missing} has no test: {}", line.what));
                }
                Standing::Followed if !(yes || no) => {
                    complaints.push(format!("C{number:03} has no test: {}", line.what));
                }
                Standing::Followed => {}
                Standing::NotFollowed(_) if yes || no => {
                    complaints.push(format!(
                        "C{number:03} has tests, and is not said to be followed"
                    ));
                }
                Standing::NotFollowed(_) => {}
            }
        }
        self.complaints.extend(complaints);
    }

    /// Whether everything is as it should be, and the document says so.
    ///
    /// # Errors
    ///
    /// Says what is not.
    pub(crate) fn check(&self) -> Result<()> {
        self.complain()?;
        let written = fs::read_to_string(self.root.join(DOCUMENT)).unwrap_or_default();
        if written != self.document() {
            bail!("{DOCUMENT} is not what the tests say\nhelp: cargo xtask conformance");
        }
        Ok(())
    }

    fn write(&self) -> Result<()> {
        self.complain()?;
        let path = self.root.join(DOCUMENT);
        fs::write(&path, self.document()).with_context(|| format!("cannot write {DOCUMENT}"))
    }

    fn complain(&self) -> Result<()> {
        for complaint in &self.complaints {
            console::result(complaint);
        }
        if !self.complaints.is_empty() {
            bail!(
                "{} lines of the RFCs are not accounted for",
                self.complaints.len()
            );
        }
        Ok(())
    }

    /// One line for people.
    pub(crate) fn summary(&self) -> String {
        let of = |is: fn(&Standing) -> bool| LINES.iter().filter(|line| is(&line.standing)).count();
        let tests: usize = self.proofs.values().map(Vec::len).sum();
        format!(
            "{} lines: {} followed ({tests} proofs), {} not followed",
            LINES.len(),
            of(|standing| *standing == Standing::Followed),
            of(|standing| matches!(standing, Standing::NotFollowed(_)))
        )
    }

    fn document(&self) -> String {
        let mut text = HEAD.replace("{summary}", &self.summary());
        for line in LINES {
            text.push_str(&self.row(line));
        }
        text
    }

    fn row(&self, line: &Line) -> String {
        let level = match line.level {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::May => "MAY",
            Level::Rule => "rule",
        };
        let answer = match line.standing {
            Standing::NotFollowed(reason) => format!("**not followed:** {reason} | "),
            Standing::Followed => {
                let tests = [(Sign::Positive, "+"), (Sign::Negative, "−")].map(|(sign, shown)| {
                    let proofs: Vec<_> = self
                        .proofs(line, sign)
                        .map(|proof| proof.test.as_str())
                        .collect();
                    named(shown, &proofs)
                });
                let mut paths: Vec<_> = self
                    .proofs
                    .get(&line.number)
                    .into_iter()
                    .flatten()
                    .map(|proof| proof.path)
                    .collect();
                paths.sort_unstable();
                paths.dedup();
                format!(
                    "{} | {}",
                    tests.concat().trim_end_matches("<br>"),
                    paths.join(", ")
                )
            }
        };
        format!(
            "| C{:03} | {level} | {} | {} | {answer} |\n",
            line.number, line.source, line.what
        )
    }
}

/// Tests that are named for one side of a line; the rest is counted.
const NAMED: usize = 3;

fn named(sign: &str, tests: &[&str]) -> String {
    let shown: Vec<_> = tests
        .iter()
        .take(NAMED)
        .map(|test| format!("`{test}`"))
        .collect();
    match tests.len() {
        0 => String::new(),
        count if count > NAMED => {
            format!("{sign} {} and {} more<br>", shown.join(", "), count - NAMED)
        }
        _ => format!("{sign} {}<br>", shown.join(", ")),
    }
}

const HEAD: &str = "\
# Does it conform?

What RFC 9568, RFC 5798, RFC 3768 and RFC 2338 ask of a VRRP router, line by line, and what of keepalived and the field goes with it; which tests say that we do it; and where we
do not, why. `cargo xtask conformance` writes this page from the doc comments of the tests, and `cargo xtask test` fails when it is not true any more: when a MUST has
no test of what it demands (`+`) and of what it forbids (`−`), or a test claims a line that there is not.

A test says `C024+` or `C024-` in its doc comment. A *frame* is a row of the table of frames, which goes through the program in the kernel, the same judge in the daemon, and
the raw path (`tests/xdp`).

{summary}.

| | | RFC | What | Tests, or why not | Path |
|---|---|---|---|---|---|
";
