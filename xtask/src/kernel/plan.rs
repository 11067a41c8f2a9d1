//! What is tried on a kernel, and what came of it. Pure.

use std::{ffi::OsStr, path::Path};

use super::version::Version;
use crate::{
    process,
    test::{Tally, of_runner},
};

/// A column of the table: what is tried, by which tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) name: String,
    /// Of all tests, those whose names contain any of these.
    filters: Vec<String>,
    /// The first kernel that has what it is about, as far as that is not every kernel we promise.
    since: Option<(u32, u32)>,
}

/// Everything that must hold on every kernel.
pub(super) fn all() -> Vec<Stage> {
    let stage = |name: &str, filters: &[&str]| Stage {
        name: name.to_owned(),
        filters: filters.iter().map(ToString::to_string).collect(),
        since: None,
    };
    vec![
        stage(
            "frame table",
            &["xdp::kernel::", "xdp::differential::", "xdp::news::"],
        ),
        stage("over a veth", &["xdp::raw_path::"]),
        stage("attaching", &["xdp::attaching::", "xdp::showing::"]),
        stage("failover, XDP", &["e2e::any_kernel::on_the_program"]),
        stage("failover, raw path", &["e2e::any_kernel::on_the_raw_path"]),
        Stage {
            // Addresses carry a mark by which the next start knows them.
            since: Some((5, 18)),
            ..stage(
                "left by a crash",
                &["e2e::failover::what_a_daemon_killed_with_its_guard_left"],
            )
        },
    ]
}

/// The tests that somebody asked for.
pub(super) fn filtered(filter: &str) -> Vec<Stage> {
    vec![Stage {
        name: filter.to_owned(),
        filters: vec![filter.to_owned()],
        since: None,
    }]
}

impl Stage {
    /// Why it is not for this kernel, if so.
    pub(super) fn is_beyond(&self, version: &Version) -> Option<String> {
        let (major, minor) = self.since?;
        (!version.is_since(major, minor)).then(|| format!("needs {major}.{minor}"))
    }
}

/// What became of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Counted(Tally),
    /// Not for this kernel: why.
    Beyond(String),
    /// It began, or should have, and has not ended.
    Unfinished,
}

impl Outcome {
    /// A stage without an end is a failure of its own.
    pub(super) fn tally(&self) -> Tally {
        match self {
            Self::Counted(tally) => *tally,
            Self::Beyond(_) => Tally::default(),
            Self::Unfinished => Tally {
                passed: 0,
                failed: 1,
            },
        }
    }

    /// A cell of the table.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Counted(Tally { passed, failed: 0 }) => format!("{passed} passed"),
            Self::Counted(Tally { passed, failed }) => {
                format!("{failed} of {} failed", passed + failed)
            }
            Self::Beyond(why) => why.clone(),
            Self::Unfinished => "not finished".to_owned(),
        }
    }
}

/// Where things lie, as the guest sees them too.
pub(super) struct Places<'a> {
    pub(super) workspace: &'a Path,
    pub(super) modules: &'a Path,
    pub(super) daemon: &'a Path,
    pub(super) lab: &'a Path,
    pub(super) runner: &'a Path,
    pub(super) programs: &'a [&'a Path],
    pub(super) path: &'a OsStr,
}

/// What a test may take, in seconds, on a kernel whose processor is imitated.
pub(super) const TEST_MAY_TAKE: u64 = 300;

/// The shell script that the guest follows. `slowness` is how many times slower than others it may be.
pub(super) fn script(
    stages: &[Stage],
    version: &Version,
    places: &Places<'_>,
    slowness: u32,
) -> String {
    let quoted = |path: &Path| process::quoted(path.as_os_str());
    let mut script = format!(
        "modules_are_in {}\nexport PATH={}\nexport XVRRPD_BIN={}\nexport XVRRPD_LAB={}\n\
         export XVRRPD_SLOWNESS={slowness}\nexport XDP_FRAMES={FRAMES}\ncd {}\n\
         for module in tun veth bridge ifb; do modprobe \"$module\"; done\n\
         echo \"guest: ready $(uname -r)\"\n",
        quoted(places.modules),
        process::quoted(places.path),
        quoted(places.daemon),
        quoted(places.lab),
        quoted(places.workspace),
    );
    for (number, stage) in stages.iter().enumerate() {
        if stage.is_beyond(version).is_some() {
            continue;
        }
        let filters = stage.filters.iter();
        let filters: String = filters
            .map(|filter| format!(" --filter {}", process::quoted(filter.as_ref())))
            .collect();
        let programs: String = places
            .programs
            .iter()
            .map(|program| format!(" {}", quoted(program)))
            .collect();
        script += &format!(
            "stage {number} {} --jobs 1 --deadline {TEST_MAY_TAKE}{filters}{programs}\n",
            quoted(places.runner)
        );
    }
    script += "evidence_goes_to_the_host\n";
    script
}

/// Frames that are mutated; each costs a millisecond where a processor is imitated.
const FRAMES: u32 = 20_000;

/// What the guest said, line by line, and what follows.
pub(super) struct Progress {
    outcomes: Vec<Outcome>,
    current: Option<usize>,
    pub(super) is_ready: bool,
    pub(super) is_done: bool,
}

impl Progress {
    pub(super) fn new(stages: &[Stage], version: &Version) -> Self {
        let outcome = |stage: &Stage| {
            stage
                .is_beyond(version)
                .map_or(Outcome::Unfinished, Outcome::Beyond)
        };
        Self {
            outcomes: stages.iter().map(outcome).collect(),
            current: None,
            is_ready: false,
            is_done: false,
        }
    }

    /// Takes in a line; returns whether it is one for people.
    pub(super) fn hear(&mut self, line: &str) -> bool {
        let Some(words) = line.strip_prefix("guest: ") else {
            if let (Some(tally), Some(_)) = (of_runner(line), self.current) {
                self.count(tally);
            }
            return true;
        };
        let words: Vec<_> = words.split(' ').collect();
        match words[..] {
            ["ready", _] => self.is_ready = true,
            ["begin", number] => self.current = number.parse().ok(),
            ["end", _, code] => self.end(code == "0"),
            ["done"] => self.is_done = true,
            _ => return true,
        }
        false
    }

    fn count(&mut self, tally: Tally) {
        if let Some(outcome) = self.current.and_then(|at| self.outcomes.get_mut(at)) {
            *outcome = Outcome::Counted(tally);
        }
    }

    /// A runner that fails without a failed test, or has no test to run, has failed.
    fn end(&mut self, is_good: bool) {
        if let Some(outcome) = self.current.take().and_then(|at| self.outcomes.get_mut(at)) {
            let Tally { passed, failed } = outcome.tally();
            let ran_nothing = is_good && passed + failed == 0;
            if ran_nothing || (!is_good && failed == 0) {
                *outcome = Outcome::Unfinished;
            }
        }
    }

    pub(super) fn outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn heard(version: &Version, lines: &[&str]) -> Vec<Outcome> {
        let stages = [all().remove(0), all().remove(1), all().remove(5)];
        let mut progress = Progress::new(&stages, version);
        lines.iter().for_each(|line| {
            progress.hear(line);
        });
        progress.outcomes()
    }

    #[test]
    fn each_stage_counts_what_its_runner_says() {
        let lines = [
            "guest: ready 5.10.0-32-amd64",
            "guest: begin 0",
            "[  1/11] ok  4.05 s  xdp::kernel::x",
            "11 passed, 0 failed",
            "guest: end 0 0",
            "guest: begin 1",
            "2 passed, 1 failed",
            "guest: end 1 1",
            "guest: done",
        ];
        let shown: Vec<_> = heard(&version("5.10.223-1"), &lines)
            .iter()
            .map(Outcome::shown)
            .collect();
        assert_eq!(shown, ["11 passed", "1 of 3 failed", "needs 5.18"]);
    }

    #[test]
    fn a_guest_that_stops_in_the_middle_leaves_stages_unfinished() {
        let lines = [
            "guest: begin 0",
            "3 passed, 0 failed",
            "guest: end 0 0",
            "guest: begin 1",
        ];
        let outcomes = heard(&version("6.1.176-1"), &lines);
        assert_eq!(outcomes[1..], [Outcome::Unfinished, Outcome::Unfinished]);
        assert_eq!(outcomes[1].tally().failed, 1);
    }

    #[test]
    fn a_runner_that_runs_nothing_or_fails_without_a_test_has_failed() {
        let nothing = ["guest: begin 0", "0 passed, 0 failed", "guest: end 0 0"];
        let killed = ["guest: begin 1", "guest: end 1 137"];
        for lines in [&nothing[..], &killed[..]] {
            let outcomes = heard(&version("6.1.176-1"), lines);
            assert!(outcomes.iter().all(|one| *one == Outcome::Unfinished));
        }
    }

    #[test]
    fn the_guests_own_words_are_not_for_people_and_all_others_are() {
        let mut progress = Progress::new(&all(), &version("6.1-1"));
        assert!(!progress.hear("guest: ready 6.1"));
        assert!(progress.is_ready && !progress.is_done);
        assert!(progress.hear("the module 9p was not taken"));
        assert!(!progress.hear("guest: done"));
        assert!(progress.is_done);
    }

    #[test]
    fn a_path_with_a_blank_stays_one_word_and_what_is_beyond_a_kernel_is_left_out() {
        let place = Path::new("/a b/c");
        let places = Places {
            workspace: place,
            modules: place,
            daemon: place,
            lab: place,
            runner: place,
            programs: &[place],
            path: OsStr::new("/usr/bin:/bin"),
        };
        let script = script(&all(), &version("5.10.223-1"), &places, 4);
        assert!(script.contains("stage 4 '/a b/c' --jobs 1"), "{script}");
        assert!(!script.contains("stage 5 "), "{script}");
        assert!(script.contains("XVRRPD_SLOWNESS=4\n"), "{script}");
    }
}
