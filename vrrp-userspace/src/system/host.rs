//! This host, as far as a configuration asks: its interfaces, programs, users and groups.

use std::{
    env,
    fs::{self, Metadata},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Component, Path, PathBuf},
};

use rustix::net::{self, AddressFamily, SocketType};

use crate::config::{Environment, ScriptState};

/// Answers for the host the process runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Host;

/// Where scripts without a path are searched when the environment does not say.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const EXECUTABLE_BY_ANYONE: u32 = 0o111;
const WRITABLE_BY_GROUP: u32 = 0o020;
const WRITABLE_BY_OTHERS: u32 = 0o002;
const ROOT: u32 = 0;

impl Environment for Host {
    fn interface_exists(&self, name: &str) -> bool {
        // Not /sys/class/net: it shows the network namespace of whoever mounted it.
        let socket = net::socket(AddressFamily::INET, SocketType::DGRAM, None);
        socket.is_ok_and(|socket| net::netdevice::name_to_index(socket, name).is_ok())
    }

    fn script(&self, program: &str) -> ScriptState {
        let found = if program.contains('/') {
            Some(PathBuf::from(program))
        } else {
            search(
                program,
                &env::var("PATH").unwrap_or_else(|_| DEFAULT_PATH.to_owned()),
            )
        };
        found.map_or(ScriptState::Missing, |path| look_at(&path))
    }

    fn user_exists(&self, name: &str) -> bool {
        uzers::get_user_by_name(name).is_some()
    }

    fn group_exists(&self, name: &str) -> bool {
        uzers::get_group_by_name(name).is_some()
    }
}

/// The first file of this name that can be run.
fn search(program: &str, path: &str) -> Option<PathBuf> {
    let directories = env::split_paths(path).filter(|directory| directory.is_absolute());
    directories
        .map(|directory| directory.join(program))
        .find(|candidate| fs::metadata(candidate).is_ok_and(|metadata| is_program(&metadata)))
}

fn look_at(path: &Path) -> ScriptState {
    let Ok(metadata) = fs::metadata(path) else {
        return ScriptState::Missing;
    };
    if !is_program(&metadata) {
        return ScriptState::NotExecutable;
    }
    match insecure_part(path) {
        Some(part) => ScriptState::InsecurePath(part.to_string_lossy().into_owned()),
        None => ScriptState::Ok {
            resolved: path.to_string_lossy().into_owned(),
        },
    }
}

fn is_program(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & EXECUTABLE_BY_ANYONE != 0
}

/// The first part of the path that somebody other than root can change.
///
/// Both ways to the file are walked, the one that is written and the one behind symbolic links: who can replace a
/// link chooses the file. keepalived 2.3 refuses a path with a linked directory such as `/bin`; that breaks
/// configurations on merged-/usr systems, so links themselves are no offence.
fn insecure_part(path: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    parts(path)
        .into_iter()
        .chain(parts(&real))
        .find(|part| fs::metadata(part).map_or(true, |metadata| others_can_change(&metadata)))
}

/// Every directory on the way, from the root, and the file.
fn parts(path: &Path) -> Vec<PathBuf> {
    let mut parts = Vec::new();
    let mut so_far = PathBuf::new();
    for component in path.components() {
        so_far.push(component);
        if component != Component::CurDir {
            parts.push(so_far.clone());
        }
    }
    parts
}

fn others_can_change(metadata: &Metadata) -> bool {
    let mode = metadata.permissions().mode();
    let group_can = mode & WRITABLE_BY_GROUP != 0 && metadata.gid() != ROOT;
    metadata.uid() != ROOT || group_can || mode & WRITABLE_BY_OTHERS != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_a_loopback_interface() {
        assert!(Host.interface_exists("lo"));
        assert!(!Host.interface_exists("no-such-if0"));
        assert!(!Host.interface_exists(".."));
        assert!(!Host.interface_exists(""));
    }

    #[test]
    fn every_host_has_root() {
        assert!(Host.user_exists("root") && Host.group_exists("root"));
        assert!(!Host.user_exists("no-such-user") && !Host.group_exists("no-such-group"));
    }

    #[test]
    fn programs_are_found_by_path_and_by_name() {
        assert_eq!(
            Host.script("/bin/sh"),
            ScriptState::Ok {
                resolved: "/bin/sh".into()
            }
        );
        let ScriptState::Ok { resolved } = Host.script("sh") else {
            panic!("no shell")
        };
        assert!(resolved.starts_with('/') && resolved.ends_with("/sh"));
        assert_eq!(Host.script("/no/such/script"), ScriptState::Missing);
        assert_eq!(Host.script("no-such-script"), ScriptState::Missing);
        assert_eq!(Host.script("/etc/passwd"), ScriptState::NotExecutable);
        assert_eq!(Host.script("/etc"), ScriptState::NotExecutable);
    }

    #[test]
    fn a_script_in_a_public_directory_is_insecure() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("check.sh");
        fs::write(&script, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let state = Host.script(script.to_str().unwrap());
        assert!(matches!(state, ScriptState::InsecurePath(_)), "{state:?}");
    }

    #[test]
    fn a_path_is_walked_from_the_root() {
        let parts: Vec<_> = parts(Path::new("/a/./b")).into_iter().collect();
        assert_eq!(parts, [Path::new("/"), Path::new("/a"), Path::new("/a/b")]);
    }
}
