//! `cargo xtask corpus`: many configurations through `xvrrpd check`, counted.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus, Stdio},
    sync::Mutex,
    thread,
};

use anyhow::{Context as _, Result, bail};

use crate::{cargo, console, machine, process, toolchain, workspace};

/// What `check` said of one file.
#[derive(Debug)]
struct Answer {
    file: PathBuf,
    ending: Ending,
    complaints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Code(i32),
    Crash(i32),
    Hang,
}

/// Checks every file below `folder` and prints counts; fails if one of them crashed the daemon.
pub(crate) fn run(folder: &Path) -> Result<ExitCode> {
    let files = files(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    if files.is_empty() {
        bail!("there is no file below {}", folder.display());
    }
    let daemon = build()?;
    console::heading(&format!("Checking {} files", files.len()));
    let answers = check_all(&daemon, &files);
    if process::was_interrupted() {
        bail!("interrupted");
    }
    Ok(report(&answers))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            files.extend(self::files(&path)?);
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reading configurations needs no XDP program.
fn build() -> Result<PathBuf> {
    console::heading("Building the daemon");
    let can_build_xdp = toolchain::choose(&machine::inspect(&workspace::root()))
        .0
        .is_some();
    let variables: &[_] = if can_build_xdp {
        &[]
    } else {
        &[("XVRRPD_BPF", "none")]
    };
    let built = cargo::build_with(
        &["build", "--package", "vrrp-userspace", "--bins"],
        variables,
    )?;
    let daemon = built.into_iter().find(|one| one.target == "xvrrpd");
    Ok(daemon.context("cargo built no xvrrpd")?.path)
}

fn check_all(daemon: &Path, files: &[PathBuf]) -> Vec<Answer> {
    let queue = Mutex::new(files.iter());
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let work = || {
            let mut answers = Vec::new();
            while let Some(file) = next().filter(|_| !process::was_interrupted()) {
                answers.push(check(daemon, file));
            }
            answers
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().ok())
            .flatten()
            .collect()
    })
}

/// A check that takes longer than this does not end.
const SECONDS: &str = "10";
/// How `timeout` says that it did not.
const TIMED_OUT: i32 = 124;

fn check(daemon: &Path, file: &Path) -> Answer {
    let run = || -> Result<(ExitStatus, String)> {
        let (mut reader, writer) = std::io::pipe()?;
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=2", SECONDS])
            .arg(daemon)
            .args(["check", "--concise"])
            .arg(file);
        command
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer);
        let mut child = command.spawn()?;
        // The command holds the writing ends, and the pipe ends with the last of them.
        drop(command);
        let mut said = Vec::new();
        reader.read_to_end(&mut said)?;
        Ok((child.wait()?, String::from_utf8_lossy(&said).into_owned()))
    };
    let (ending, said) = match run() {
        Ok((status, said)) => (Ending::of(status, &said), said),
        Err(error) => (Ending::Crash(0), error.to_string()),
    };
    Answer {
        file: file.to_owned(),
        ending,
        complaints: said.lines().filter_map(complaint).collect(),
    }
}

impl Ending {
    /// What `check` may answer: fine, would not start, starts with complaints, script security.
    const KNOWN: [i32; 4] = [0, 4, 5, 6];

    fn of(status: ExitStatus, said: &str) -> Self {
        match (status.code(), status.signal()) {
            (Some(TIMED_OUT), _) => Self::Hang,
            (Some(code), _) if Self::KNOWN.contains(&code) && !said.contains("panicked at") => {
                Self::Code(code)
            }
            (Some(code), _) => Self::Crash(code),
            (None, signal) => Self::Crash(128 + signal.unwrap_or_default()),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Code(0) => "0  nothing to complain about".to_owned(),
            Self::Code(4) => "4  would not start".to_owned(),
            Self::Code(5) => "5  starts, with complaints".to_owned(),
            Self::Code(6) => "6  script security".to_owned(),
            Self::Code(code) => format!("{code}"),
            Self::Crash(code) => format!("crashed ({code})"),
            Self::Hang => format!("not done after {SECONDS} s"),
        }
    }

    fn is_failure(self) -> bool {
        matches!(self, Self::Crash(_) | Self::Hang)
    }
}

/// `file:line:column: severity: headline; now (help)` → `severity: headline`, so that like counts with like.
fn complaint(line: &str) -> Option<String> {
    let (severity, at) = ["error: ", "warning: "]
        .iter()
        .filter_map(|severity| Some((severity, line.find(&format!(": {severity}"))?)))
        .min_by_key(|(_, at)| *at)?;
    let headline = line.get(at + 2 + severity.len()..)?;
    let headline = headline.split("; ").next().unwrap_or(headline);
    let headline = headline.split(" (").next().unwrap_or(headline);
    Some(format!("{severity}{headline}"))
}

const SHOWN_COMPLAINTS: usize = 25;

fn report(answers: &[Answer]) -> ExitCode {
    console::result("files  answer");
    for (ending, count) in count(answers.iter().map(|answer| answer.ending)) {
        console::result(&format!("{count:5}  {}", ending.name()));
    }
    let complaints = answers
        .iter()
        .flat_map(|answer| answer.complaints.iter().cloned());
    let mut complaints: Vec<_> = count(complaints).into_iter().collect();
    complaints.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    console::result("\ntimes  complaint");
    for (complaint, count) in complaints.iter().take(SHOWN_COMPLAINTS) {
        console::result(&format!("{count:5}  {complaint}"));
    }
    let failures: Vec<_> = answers
        .iter()
        .filter(|answer| answer.ending.is_failure())
        .collect();
    for failure in &failures {
        console::error(&format!(
            "{}: {}",
            failure.file.display(),
            failure.ending.name()
        ));
    }
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn count<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_counted_without_its_place() {
        assert_eq!(
            complaint("a.conf:2:14: error: `priority` is out of range; 100 is used (help)"),
            Some("error: `priority` is out of range".to_owned())
        );
        assert_eq!(
            complaint("a.conf:1:1: warning: unknown keyword `a`"),
            Some("warning: unknown keyword `a`".to_owned())
        );
        assert_eq!(complaint("a.conf: 3 problems"), None);
    }

    #[test]
    fn a_signal_a_panic_and_an_unknown_code_are_crashes() {
        let exit = |code: i32| ExitStatus::from_raw(code << 8);
        assert_eq!(Ending::of(exit(5), ""), Ending::Code(5));
        assert_eq!(Ending::of(exit(101), ""), Ending::Crash(101));
        assert_eq!(
            Ending::of(exit(4), "thread 'main' panicked at x"),
            Ending::Crash(4)
        );
        assert_eq!(Ending::of(ExitStatus::from_raw(11), ""), Ending::Crash(139));
        assert_eq!(Ending::of(exit(TIMED_OUT), ""), Ending::Hang);
    }
}
