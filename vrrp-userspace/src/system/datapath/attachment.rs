//! One interface with the program on it, for as long as this value lives.

use std::{fs, path::PathBuf};

use aya::programs::{
    ProgramError, Xdp, XdpMode as AyaMode,
    links::{FdLink, LinkError},
};
use thiserror::Error;

use super::{Interface, chain};
use crate::config::XdpMode;

/// Why an interface runs on the raw path.
#[derive(Debug, Error)]
pub enum AttachError {
    /// `xdp_mode off`.
    #[error("xdp_mode is off")]
    Off,
    /// It is not ours to remove.
    #[error("another XDP program is attached to {0}; it is left alone")]
    Taken(String),
    /// Only an attachment that outlives a crash was to be had; it was undone.
    #[error("{0} takes no bpf_link (Linux 5.9 and later have them)")]
    NoLink(String),
    /// Neither driver nor kernel would have it.
    #[error("{0}")]
    Other(String),
}

/// The program on an interface. Dropping it detaches.
pub struct Attachment {
    /// Where.
    pub interface: Interface,
    /// Whether in the driver.
    pub is_native: bool,
    link: FdLink,
    /// What the kernel tells about the link's descriptor.
    fdinfo: Option<PathBuf>,
    /// The kernel's number of our program.
    program: Option<u32>,
}

impl Attachment {
    /// The kernel's number of the link, for `bpftool link`.
    #[must_use]
    pub fn link_id(&self) -> u32 {
        self.link.info().map_or(0, |info| info.id())
    }

    /// Whether the link still holds our program on the interface.
    ///
    /// Nobody is told when `bpftool link detach` or the end of an interface takes it off: the link then lives on with interface 0, which only
    /// its fdinfo shows. One read of a file of procfs, done once a second and before a promotion, and nowhere near a packet.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        let Some(text) = self
            .fdinfo
            .as_ref()
            .and_then(|path| fs::read_to_string(path).ok())
        else {
            return false;
        };
        field(&text, "link_id") == Some(self.link_id())
            && field(&text, "prog_id") == self.program
            && field(&text, "ifindex") == Some(self.interface.index)
    }
}

/// Attaches `program`, or leaves everything as it was.
pub(super) fn attach(
    program: &mut Xdp,
    interface: &Interface,
    mode: XdpMode,
) -> Result<Attachment, AttachError> {
    match mode {
        XdpMode::Off => Err(AttachError::Off),
        XdpMode::Native => attach_as(program, interface, true),
        XdpMode::Generic => attach_as(program, interface, false),
        XdpMode::Auto => match attach_as(program, interface, true) {
            Err(AttachError::Other(_)) => attach_as(program, interface, false),
            done => done,
        },
    }
}

fn attach_as(
    program: &mut Xdp,
    interface: &Interface,
    is_native: bool,
) -> Result<Attachment, AttachError> {
    let flags = if is_native {
        AyaMode::Driver
    } else {
        AyaMode::Skb
    };
    let id = program
        .attach_to_if_index(interface.index, flags)
        .map_err(|error| explain(interface, &error))?;
    let link = program
        .take_link(id)
        .map_err(|error| AttachError::Other(chain(&error)))?;
    // aya falls back to a netlink attachment without saying so. Converting fails then, and dropping the link undoes it.
    let link: FdLink = link
        .try_into()
        .map_err(|_: LinkError| AttachError::NoLink(interface.name.clone()))?;
    let fdinfo = link.info().ok().and_then(|info| fdinfo_of(info.id()));
    let text = fdinfo
        .as_ref()
        .and_then(|path| fs::read_to_string(path).ok());
    Ok(Attachment {
        interface: interface.clone(),
        is_native,
        link,
        fdinfo,
        program: text.and_then(|text| field(&text, "prog_id")),
    })
}

fn explain(interface: &Interface, error: &ProgramError) -> AttachError {
    /// "Device or resource busy": a program is there. "File exists": one is there in the other mode, or on an upper device.
    const BUSY: i32 = 16;
    const EXISTS: i32 = 17;
    match system_error(error) {
        Some(BUSY | EXISTS) => AttachError::Taken(interface.name.clone()),
        _ => AttachError::Other(format!("{}: {}", interface.name, chain(error))),
    }
}

fn system_error(error: &ProgramError) -> Option<i32> {
    if let ProgramError::SyscallError(call) = error {
        return call.io_error.raw_os_error();
    }
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return io.raw_os_error();
        }
        cause = error.source();
    }
    None
}

/// The fdinfo of our descriptor of link `id`: aya keeps the descriptor to itself.
fn fdinfo_of(id: u32) -> Option<PathBuf> {
    fs::read_dir("/proc/self/fdinfo")
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| fs::read_to_string(path).is_ok_and(|text| field(&text, "link_id") == Some(id)))
}

fn field(fdinfo: &str, name: &str) -> Option<u32> {
    let line = fdinfo
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detached_link_shows_interface_zero() {
        let text =
            "pos:\t0\nlink_type:\txdp\nlink_id:\t7\nprog_tag:\tab\nprog_id:\t44\nifindex:\t0\n";
        assert_eq!(field(text, "link_id"), Some(7));
        assert_eq!(field(text, "ifindex"), Some(0));
        assert_eq!(field(text, "nothing"), None);
    }
}
