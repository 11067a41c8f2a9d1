//! Building with cargo, as the user who started xtask, and finding what was built.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{process, workspace};

/// An executable that cargo built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Executable {
    pub(crate) target: String,
    pub(crate) kind: String,
    /// The folder of its manifest.
    pub(crate) package: PathBuf,
    pub(crate) path: PathBuf,
}

/// The cargo that started xtask.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(workspace::root());
    command
}

/// Builds, showing cargo's progress, and returns every executable that came out.
pub(crate) fn build(arguments: &[&str]) -> Result<Vec<Executable>> {
    build_with(arguments, &[])
}

/// The same, with variables set.
pub(crate) fn build_with(
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<Vec<Executable>> {
    let mut command = command(arguments);
    command.envs(variables.iter().copied());
    command
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped());
    let mut child = process::start(&mut command)?;
    let mut executables = Vec::new();
    if let Some(messages) = child.stdout.take() {
        for line in BufReader::new(messages).lines() {
            executables.extend(executable(&line?));
        }
    }
    let status = process::wait(child)?;
    if !status.success() {
        bail!("cargo {} {}", arguments.join(" "), process::ending(status));
    }
    Ok(executables)
}

fn executable(message: &str) -> Option<Executable> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = message.get("target")?;
    Some(Executable {
        target: target.get("name")?.as_str()?.to_owned(),
        kind: target.get("kind")?.get(0)?.as_str()?.to_owned(),
        package: Path::new(message.get("manifest_path")?.as_str()?)
            .parent()?
            .to_owned(),
        path: PathBuf::from(message.get("executable")?.as_str()?),
    })
}

/// The daemon, the laboratory and the runner of its tests.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    pub(crate) daemon: PathBuf,
    pub(crate) lab: PathBuf,
    pub(crate) runner: PathBuf,
}

/// Builds what runs as root later, as the user who runs xtask now.
pub(crate) fn build_binaries() -> Result<Binaries> {
    let built = build(&[
        "build",
        "--package",
        "vrrp-userspace",
        "--package",
        "vrrp-tests",
        "--bins",
    ])?;
    Ok(Binaries {
        daemon: find(&built, "xvrrpd")?,
        lab: find(&built, "vrrp-lab")?,
        runner: find(&built, "vrrp-test-runner")?,
    })
}

/// Builds the benchmark, and the daemon as it is released, which is what counts.
pub(crate) fn build_benchmark() -> Result<(PathBuf, PathBuf)> {
    let lab = build(&["build", "--package", "vrrp-tests", "--bins"])?;
    let daemon = build(&[
        "build",
        "--release",
        "--package",
        "vrrp-userspace",
        "--bins",
    ])?;
    Ok((find(&lab, "vrrp-bench")?, find(&daemon, "xvrrpd")?))
}

fn find(built: &[Executable], name: &str) -> Result<PathBuf> {
    let found = built
        .iter()
        .find(|one| one.target == name && one.kind == "bin");
    found
        .map(|one| one.path.clone())
        .with_context(|| format!("cargo built no {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_with_an_executable_is_found_and_others_are_not() {
        let artifact = r#"{"reason":"compiler-artifact","target":{"kind":["test"],"name":"e2e"},
            "manifest_path":"/x/tests/Cargo.toml","executable":"/t/e2e-1"}"#;
        let expected = Executable {
            target: "e2e".into(),
            kind: "test".into(),
            package: "/x/tests".into(),
            path: "/t/e2e-1".into(),
        };
        assert_eq!(executable(artifact), Some(expected));

        let library = r#"{"target":{"kind":["lib"],"name":"x"},"executable":null}"#;
        assert_eq!(executable(library), None);
        assert_eq!(executable("warning: not JSON"), None);
    }
}
