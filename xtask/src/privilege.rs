//! Who may become root, and how? Builds belong to the user; only finished binaries run as root.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{console, process, workspace};

/// The facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Situation {
    is_root: bool,
    /// Who called `sudo`, if xtask runs under it.
    sudo_uid: Option<u32>,
    owner_of_checkout: u32,
    has_sudo: bool,
    sudo_asks_nothing: bool,
    is_interactive: bool,
}

/// How to run something as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As it is: xtask runs as root.
    Direct,
    /// Through `sudo`, which asks at most once.
    Sudo,
    /// Not at all.
    None(&'static str),
    /// xtask was started through `sudo` in somebody's checkout.
    StartedThroughSudo { owner: u32 },
}

fn decide(situation: Situation) -> Way {
    let Situation {
        is_root,
        sudo_uid,
        owner_of_checkout,
        ..
    } = situation;
    if is_root {
        return match sudo_uid {
            Some(owner) if owner != 0 && owner == owner_of_checkout => {
                Way::StartedThroughSudo { owner }
            }
            _ => Way::Direct,
        };
    }
    if !situation.has_sudo {
        return Way::None("this is not root, and there is no sudo");
    }
    if !situation.sudo_asks_nothing && !situation.is_interactive {
        return Way::None("sudo wants a password, and there is no terminal to ask for it");
    }
    Way::Sudo
}

/// Finds the way, refusing to go on where building would leave root's files in somebody's checkout.
///
/// # Errors
/// When started through `sudo`; what cargo already built that way is handed back first.
pub(crate) fn way() -> Result<Way> {
    let way = decide(situation()?);
    if let Way::StartedThroughSudo { owner } = way {
        hand_back(&workspace::root().join("target"), owner)?;
        bail!(
            "started through sudo, but this checkout is not root's\n\
             help: run the same command without sudo; it asks for root itself, and only for finished binaries"
        );
    }
    Ok(way)
}

fn situation() -> Result<Situation> {
    let is_root = rustix::process::geteuid().is_root();
    let has_sudo = workspace::find("sudo").is_some();
    Ok(Situation {
        is_root,
        sudo_uid: std::env::var("SUDO_UID")
            .ok()
            .and_then(|uid| uid.parse().ok()),
        owner_of_checkout: fs::metadata(workspace::root())?.uid(),
        has_sudo,
        sudo_asks_nothing: !is_root && has_sudo && sudo_asks_nothing(),
        is_interactive: console::is_interactive(),
    })
}

fn sudo_asks_nothing() -> bool {
    Command::new("sudo")
        .args(["-n", "true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Gives the user what root built, so that the next build as the user can replace it.
fn hand_back(folder: &Path, owner: u32) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    std::os::unix::fs::lchown(folder, Some(owner), None)?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            hand_back(&entry.path(), owner)?;
        } else if entry.metadata()?.uid() == 0 {
            std::os::unix::fs::lchown(entry.path(), Some(owner), None)?;
        }
    }
    Ok(())
}

impl Way {
    /// Whether anything can run as root.
    pub(crate) fn leads_to_root(self) -> bool {
        matches!(self, Self::Direct | Self::Sudo)
    }

    /// Has sudo ask now rather than in the middle of something; `why` is what the user is told.
    pub(crate) fn prepare(self, why: &str) -> Result<()> {
        if self != Self::Sudo || sudo_asks_nothing() {
            return Ok(());
        }
        console::note(&format!("{why} needs root; sudo may ask for your password"));
        process::run(Command::new("sudo").arg("-v"))
    }

    /// `program` as root, with `variables` set; sudo would drop them.
    pub(crate) fn command(
        self,
        program: impl AsRef<OsStr>,
        variables: &[(&str, &OsStr)],
    ) -> Result<Command> {
        match self {
            Self::Direct => {
                let mut command = Command::new(program);
                command.envs(variables.iter().copied());
                Ok(command)
            }
            Self::Sudo => {
                let mut command = Command::new("sudo");
                command.args(["-n", "env"]);
                for (name, value) in variables {
                    let mut assignment = OsStr::new(name).to_owned();
                    assignment.push("=");
                    assignment.push(value);
                    command.arg(assignment);
                }
                command.arg(program);
                Ok(command)
            }
            Self::None(why) => {
                bail!("{why}\nhelp: run this as root, or as a user who may use sudo")
            }
            Self::StartedThroughSudo { .. } => bail!("run this without sudo"),
        }
    }
}

/// Where the path of the current user leads, as root's may not.
pub(crate) fn path_with_system_folders() -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(std::path::PathBuf::from));
    std::env::join_paths(folders).context("the path has a colon in a folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Situation = Situation {
        is_root: false,
        sudo_uid: None,
        owner_of_checkout: 1000,
        has_sudo: true,
        sudo_asks_nothing: false,
        is_interactive: true,
    };
    const ROOT: Situation = Situation {
        is_root: true,
        ..USER
    };

    #[test]
    fn the_way_to_root_depends_on_who_asks() {
        let no_sudo = Way::None("this is not root, and there is no sudo");
        let no_terminal =
            Way::None("sudo wants a password, and there is no terminal to ask for it");
        for (name, situation, expected) in [
            ("a user at a terminal", USER, Way::Sudo),
            (
                "a user without sudo",
                Situation {
                    has_sudo: false,
                    ..USER
                },
                no_sudo,
            ),
            (
                "nobody to type it",
                Situation {
                    is_interactive: false,
                    ..USER
                },
                no_terminal,
            ),
            (
                "a machine that builds, without a password",
                Situation {
                    is_interactive: false,
                    sudo_asks_nothing: true,
                    ..USER
                },
                Way::Sudo,
            ),
            (
                "root in a container with a mounted checkout",
                ROOT,
                Way::Direct,
            ),
            (
                "sudo in the user's own checkout",
                Situation {
                    sudo_uid: Some(1000),
                    ..ROOT
                },
                Way::StartedThroughSudo { owner: 1000 },
            ),
            (
                "a root shell made with sudo, in root's checkout",
                Situation {
                    sudo_uid: Some(1000),
                    owner_of_checkout: 0,
                    ..ROOT
                },
                Way::Direct,
            ),
        ] {
            assert_eq!(decide(situation), expected, "{name}");
        }
    }
}
