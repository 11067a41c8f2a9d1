//! Two daemons in one network namespace would fight over the same addresses, so ours does not start beside keepalived.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Result, bail};

use crate::privilege::Way;

/// # Errors
/// If keepalived runs in this network namespace; the message has its pid and the command that stops it.
pub(crate) fn refuse_while_it_runs(way: Way) -> Result<()> {
    let Some(here) = link_of("self/ns/net", way) else {
        return Ok(());
    };
    for pid in processes() {
        if is_keepalived(pid, way)
            && !is_keepalived(parent(pid), way)
            && link_of(&format!("{pid}/ns/net"), way).as_ref() == Some(&here)
        {
            bail!(
                "keepalived runs here with pid {pid}, and both would claim the same addresses\n\
                 help: stop it first: {}",
                remedy(&Service::of(pid))
            );
        }
    }
    Ok(())
}

fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    let mut pids: Vec<u32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids
}

/// By its program where that can be read, since ours can stand under the same name.
fn is_keepalived(pid: u32, way: Way) -> bool {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let program = match fs::read_link(format!("/proc/{pid}/exe")) {
        Ok(program) => Some(program),
        Err(_) if name.trim() == "keepalived" => link_of(&format!("{pid}/exe"), way),
        Err(_) => None,
    };
    names_keepalived(name.trim(), program.as_deref())
}

fn names_keepalived(name: &str, program: Option<&Path>) -> bool {
    let program = program
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy());
    match program
        .as_deref()
        .map(|program| program.trim_end_matches(" (deleted)"))
    {
        Some("keepalived") => true,
        Some("xvrrpd") => false,
        _ => name == "keepalived",
    }
}

fn parent(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let parent = status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
    parent.unwrap_or_default()
}

/// A link below `/proc`, read as root where it is not ours to read.
fn link_of(path: &str, way: Way) -> Option<PathBuf> {
    let path = Path::new("/proc").join(path);
    if let Ok(target) = fs::read_link(&path) {
        return Some(target);
    }
    let mut readlink = way.command("readlink", &[]).ok()?;
    let output = readlink.arg(&path).stderr(Stdio::null()).output().ok()?;
    let target = String::from_utf8(output.stdout).ok()?;
    (!target.is_empty()).then(|| PathBuf::from(target.trim_end()))
}

/// Who started it, as far as stopping it goes.
#[derive(Debug, PartialEq, Eq)]
enum Service {
    Systemd { unit: String },
    InitScript,
    Nobody { pid: u32 },
}

impl Service {
    fn of(pid: u32) -> Self {
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        if let Some(unit) = unit(&groups).filter(|_| Path::new("/run/systemd/system").is_dir()) {
            return Self::Systemd { unit };
        }
        let written = fs::read_to_string("/run/keepalived.pid").unwrap_or_default();
        let is_the_service = written.trim().parse() == Ok(pid);
        if is_the_service && Path::new("/etc/init.d/keepalived").exists() {
            return Self::InitScript;
        }
        Self::Nobody { pid }
    }
}

/// The service in a line like `0::/system.slice/keepalived.service`.
fn unit(groups: &str) -> Option<String> {
    let names = groups.lines().filter_map(|line| line.rsplit('/').next());
    names
        .filter_map(|name| name.strip_suffix(".service"))
        .next()
        .map(str::to_owned)
}

fn remedy(service: &Service) -> String {
    match service {
        Service::Systemd { unit } => format!("systemctl stop {unit}"),
        Service::InitScript => "service keepalived stop".to_owned(),
        Service::Nobody { pid } => format!("kill {pid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_program_under_its_name_is_not_keepalived() {
        let program = |path| Some(Path::new(path));
        assert!(names_keepalived(
            "keepalived",
            program("/usr/sbin/keepalived")
        ));
        assert!(names_keepalived(
            "vrrp",
            program("/usr/sbin/keepalived (deleted)")
        ));
        assert!(names_keepalived("keepalived", None));
        assert!(!names_keepalived(
            "keepalived",
            program("/src/target/debug/xvrrpd")
        ));
        assert!(!names_keepalived("haproxy", program("/usr/sbin/haproxy")));
    }

    #[test]
    fn the_remedy_is_the_command_that_stops_it_for_good() {
        let groups = "0::/system.slice/keepalived.service\n";
        assert_eq!(unit(groups).as_deref(), Some("keepalived"));
        assert_eq!(unit("0::/user.slice/session-1.scope"), None);
        assert_eq!(remedy(&Service::Nobody { pid: 7 }), "kill 7");
    }
}
