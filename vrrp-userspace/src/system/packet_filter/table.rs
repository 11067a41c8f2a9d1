//! A table of nftables that is ours.
//!
//! `nft` itself is the library: its ruleset is a transaction in a dozen lines. Of the crates one has only its JSON to offer, one needs C
//! libraries where the daemon runs, and one is of another licence.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::FilterError;
use crate::system::control_socket;

/// Where `nft` is looked for, whatever the environment says.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Elements in one transaction: in a container without privileges of its own the kernel takes no longer ones than a socket's buffer holds.
const AT_ONCE: usize = 1000;

/// A table that may be there, of one daemon.
#[derive(Debug)]
pub(super) struct Table {
    family: &'static str,
    name: String,
    /// There for as long as there is the table, for whoever has to remove it in our place.
    note: PathBuf,
}

impl Table {
    /// The table of this family that belongs to the daemon with this pid file, with a note of this extension.
    pub(super) fn beside(pid_file: &Path, family: &'static str, extension: &str) -> Self {
        Self {
            family,
            name: name_for(pid_file),
            note: control_socket::beside(pid_file).with_extension(extension),
        }
    }

    /// Makes it anew. The note comes first: better one without a table than a table that nobody knows of.
    pub(super) fn build(&self, content: &str) -> Result<(), FilterError> {
        self.write_note()?;
        let table = self.to_string();
        run(&format!(
            "add table {table}\ndelete table {table}\ntable {table} {{\n{content}}}\n"
        ))
    }

    /// Removes it, whether it is there or not.
    pub(super) fn remove(&self) -> Result<(), FilterError> {
        // To add what is there is no error, so that to delete is none either.
        run(&format!("add table {self}\ndelete table {self}\n"))?;
        match fs::remove_file(&self.note) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes it if there is a note. Whatever that says, only a table of ours is removed.
    pub(super) fn remove_leftover(&self) -> Result<(), FilterError> {
        if fs::symlink_metadata(&self.note).is_ok() {
            return self.remove();
        }
        Ok(())
    }

    /// Adds to a set, or deletes from it.
    pub(super) fn change(
        &self,
        verb: &str,
        set: &str,
        elements: impl Iterator<Item = String>,
    ) -> Result<(), FilterError> {
        let elements: Vec<_> = elements.collect();
        for part in elements.chunks(AT_ONCE) {
            let part = part.join(", ");
            run(&format!("{verb} element {self} {set} {{ {part} }}\n"))?;
        }
        Ok(())
    }

    /// A new file: what is there may lead elsewhere, in a folder where everybody may write.
    fn write_note(&self) -> io::Result<()> {
        fs::remove_file(&self.note).ok();
        let mut note = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&self.note)?;
        writeln!(note, "{self}")
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.family, self.name)
    }
}

/// Each daemon of a host has its own: `xvrrpd`, and for another pid file than the usual one that in letters.
pub(super) fn name_for(pid_file: &Path) -> String {
    const USUAL: &str = "/run/keepalived.pid";
    if pid_file == Path::new(USUAL) || pid_file == Path::new("/var/run/keepalived.pid") {
        return "xvrrpd".to_owned();
    }
    let name = pid_file.to_string_lossy();
    let letters = name.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        }
    });
    let letters: String = letters.collect();
    // The kernel takes 255 letters; the end tells files apart.
    let tail = letters.len().saturating_sub(200);
    format!("xvrrpd{}", letters.get(tail..).unwrap_or_default())
}

fn run(ruleset: &str) -> Result<(), FilterError> {
    let mut nft = Command::new("nft");
    nft.args(["-f", "-"]).env_clear().env("PATH", PATH);
    nft.stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut nft = nft.spawn().map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            FilterError::NoNft
        } else {
            error.into()
        }
    })?;
    if let Some(mut stdin) = nft.stdin.take() {
        // One that ends early says why below.
        stdin.write_all(ruleset.as_bytes()).ok();
    }
    let output = nft.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it failed without a word");
    Err(FilterError::Refused(first.to_owned()))
}
