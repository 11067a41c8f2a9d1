//! Rules about the tree as a whole: no large files, and a README whose commands exist.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};
use clap::CommandFactory as _;

use super::Finding;

const LARGEST: u64 = 1024 * 1024;
const README: &str = "README.md";
/// What the README leads a stranger through.
const COMMANDS: [&str; 2] = ["cargo xtask run", "cargo xtask test"];

/// Every file that is, or could be, committed.
pub(crate) fn files(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    if !output.status.success() {
        bail!(
            "git ls-files: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let names = String::from_utf8_lossy(&output.stdout);
    let is_there = |name: &&str| !name.is_empty() && root.join(name).is_file();
    Ok(names
        .split('\0')
        .filter(is_there)
        .map(str::to_owned)
        .collect())
}

/// A clone should stay quick for as long as the project lives.
pub(crate) fn too_large(root: &Path, path: &str) -> Option<Finding> {
    let size = fs::metadata(root.join(path)).ok()?.len();
    (size > LARGEST).then(|| Finding {
        path: path.to_owned(),
        line: 1,
        message: format!("{size} bytes; nothing over {LARGEST} is committed, so make it on demand"),
    })
}

/// The README shows both commands, and no command that does not exist.
pub(crate) fn readme(root: &Path) -> Vec<Finding> {
    let Ok(text) = fs::read_to_string(root.join(README)) else {
        return vec![in_readme(
            1,
            "there is none; write what a stranger needs first".to_owned(),
        )];
    };
    let command = crate::Arguments::command();
    let known: Vec<_> = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    check_readme(&text, &known)
}

fn check_readme(text: &str, known: &[&str]) -> Vec<Finding> {
    let mut findings: Vec<_> = COMMANDS
        .iter()
        .filter(|command| !text.contains(*command))
        .map(|command| {
            in_readme(
                1,
                format!("`{command}` is not mentioned; it is one of the two commands"),
            )
        })
        .collect();
    for (number, line) in text.lines().enumerate() {
        for rest in line.split("cargo xtask ").skip(1) {
            let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
            if !word.is_empty() && !known.contains(&word.as_str()) {
                let message =
                    format!("`cargo xtask {word}` does not exist; see `cargo xtask --help`");
                findings.push(in_readme(number + 1, message));
            }
        }
    }
    findings
}

fn in_readme(line: usize, message: String) -> Finding {
    Finding {
        path: README.to_owned(),
        line,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_may_only_name_commands_that_exist() {
        let known = ["run", "test"];
        let good = "`cargo xtask run --script demo` and\n`cargo xtask test`";
        assert_eq!(check_readme(good, &known), []);

        let bad = "cargo xtask run\ncargo xtask bench\n";
        let lines: Vec<_> = check_readme(bad, &known)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            lines,
            [
                "README.md:1: `cargo xtask test` is not mentioned; it is one of the two commands",
                "README.md:2: `cargo xtask bench` does not exist; see `cargo xtask --help`",
            ]
        );
    }
}
