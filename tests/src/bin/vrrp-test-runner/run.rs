//! One test: a process group that does not outlive its deadline.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{process::Command, time::timeout};

use crate::list::Test;

/// What became of a test.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) test: Test,
    pub(crate) took: Duration,
    pub(crate) verdict: Verdict,
    /// All it printed.
    pub(crate) output: String,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed,
    /// Its deadline came first.
    TimedOut,
}

/// Runs one test to its end or its deadline.
pub(crate) async fn run(test: Test, deadline: Duration) -> Outcome {
    let started = now();
    let (verdict, output) = match attempt(&test, deadline).await {
        Ok(ended) => ended,
        Err(error) => (
            Verdict::Failed,
            format!("the test could not be run: {error}"),
        ),
    };
    Outcome {
        test,
        took: now() - started,
        verdict,
        output,
    }
}

async fn attempt(test: &Test, deadline: Duration) -> io::Result<(Verdict, String)> {
    // A file rather than a pipe, which something that the test left behind would hold open.
    let mut output = tempfile::tempfile()?;
    let mut child = Command::new(&test.program)
        .args(test.arguments())
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output.try_clone()?)
        .process_group(0)
        .spawn()?;
    let group = Group(
        child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)),
    );
    let ended = timeout(deadline, child.wait()).await;
    drop(group);
    let said = read(&mut output)?;
    let verdict = match ended {
        Ok(status) => Verdict::of(test, status?, &said),
        Err(_) => Verdict::TimedOut,
    };
    Ok((verdict, said))
}

/// The processes of a test; none of them stays.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        // Usually there is nobody left, which is the error one gets.
        if let Some(group) = self.0 {
            kill_process_group(group, Signal::KILL).unwrap_or_default();
        }
    }
}

impl Verdict {
    /// A name that matches nothing would be a success of nothing, and so would a test that skips itself.
    fn of(test: &Test, status: ExitStatus, output: &str) -> Self {
        let has_run = test.name.is_none() || output.contains("running 1 test");
        let has_skipped = output.lines().any(|line| line.starts_with("skipped"));
        if status.success() && has_run && !has_skipped {
            Self::Passed
        } else {
            Self::Failed
        }
    }
}

fn read(output: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a test took is shown, and decides nothing"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_success_of_nothing_is_a_failure() {
        let test = |name: Option<&str>| Test {
            program: "/t/e2e-1".into(),
            name: name.map(str::to_owned),
        };
        let (fine, bad) = (ExitStatus::from_raw(0), ExitStatus::from_raw(101 << 8));
        for (name, status, output, expected) in [
            (Some("a"), fine, "\nrunning 1 test\n", Verdict::Passed),
            (Some("a"), bad, "\nrunning 1 test\n", Verdict::Failed),
            (Some("a"), fine, "\nrunning 0 tests\n", Verdict::Failed),
            (None, fine, "claimed\n", Verdict::Passed),
            (None, fine, "skipped: this needs root\n", Verdict::Failed),
        ] {
            assert_eq!(
                Verdict::of(&test(name), status, output),
                expected,
                "{output}"
            );
        }
    }
}
