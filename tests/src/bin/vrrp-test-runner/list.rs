//! Which tests are there, and which of them are to run, in which order?

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

/// One test of one program, or a program that is one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) program: PathBuf,
    /// `None` if the program is the test.
    pub(crate) name: Option<String>,
}

impl Test {
    /// What cargo called the program, without the hash it appended.
    pub(crate) fn program_name(&self) -> &str {
        let name = self
            .program
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        name.rsplit_once('-').map_or(name, |(name, _)| name)
    }

    /// Both names.
    pub(crate) fn full_name(&self) -> String {
        match &self.name {
            Some(name) => format!("{}::{name}", self.program_name()),
            None => self.program_name().to_owned(),
        }
    }

    /// What to call the program with.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        match &self.name {
            Some(name) => vec!["--exact", name, "--nocapture", "--include-ignored"],
            None => Vec::new(),
        }
    }
}

/// The program whose tests keep the processor busy; its tests go first.
const BUSY: &str = "xdp";

/// Asks every program for its tests.
pub(crate) fn tests(programs: &[PathBuf], whole: &[PathBuf]) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for program in programs {
        let names = names(program).with_context(|| format!("cannot list {}", program.display()))?;
        if names.is_empty() {
            bail!("{} has no tests", program.display());
        }
        tests.extend(names.into_iter().map(|name| Test {
            program: program.clone(),
            name: Some(name),
        }));
    }
    tests.extend(whole.iter().map(|program| Test {
        program: program.clone(),
        name: None,
    }));
    Ok(tests)
}

fn names(program: &Path) -> Result<Vec<String>> {
    let output = Command::new(program)
        .args(["--list", "--format", "terse"])
        .output()?;
    if !output.status.success() {
        bail!(
            "{}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(text
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(str::to_owned)
        .collect())
}

/// Those to run, in order: all, or those with any of `filters` in their names.
pub(crate) fn select(tests: Vec<Test>, filters: &[String], quick: bool) -> Vec<Test> {
    let is_wanted = |test: &Test| {
        let name = test.full_name();
        let matches = filters.is_empty() || filters.iter().any(|filter| name.contains(filter));
        let is_quick = test.program_name() == BUSY || test.full_name().contains("quick");
        matches && (is_quick || !quick)
    };
    let mut tests: Vec<_> = tests.into_iter().filter(is_wanted).collect();
    tests.sort_by_key(|test| test.program_name() != BUSY);
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(program: &str, name: &str) -> Test {
        Test {
            program: PathBuf::from(program),
            name: Some(name.to_owned()),
        }
    }

    fn selected(filters: &[&str], quick: bool) -> Vec<String> {
        let filters: Vec<_> = filters.iter().map(ToString::to_string).collect();
        let tests = vec![
            test("/t/e2e-1f", "seed::quick_failover"),
            test("/t/e2e-1f", "seed::link_down"),
            test("/t/xdp-2e", "drops_bad_ttl"),
        ];
        select(tests, &filters, quick)
            .iter()
            .map(Test::full_name)
            .collect()
    }

    #[test]
    fn what_keeps_the_processor_busy_goes_first() {
        assert_eq!(
            selected(&[], false),
            [
                "xdp::drops_bad_ttl",
                "e2e::seed::quick_failover",
                "e2e::seed::link_down"
            ]
        );
    }

    #[test]
    fn quick_is_the_table_and_what_says_so() {
        assert_eq!(
            selected(&[], true),
            ["xdp::drops_bad_ttl", "e2e::seed::quick_failover"]
        );
    }

    #[test]
    fn a_filter_reads_the_whole_name() {
        assert_eq!(selected(&["link"], false), ["e2e::seed::link_down"]);
        assert_eq!(selected(&["xdp::"], false), ["xdp::drops_bad_ttl"]);
        let two = ["xdp::drops_bad_ttl", "e2e::seed::link_down"];
        assert_eq!(selected(&["link", "ttl"], false), two);
    }
}
