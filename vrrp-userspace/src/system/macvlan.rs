//! How the kernel is to behave on an interface with a virtual MAC: what only `/proc/sys/net` knows.

use std::{fs, io, path::PathBuf};

use tracing::{debug, warn};

use super::netlink::Macvlan;

/// As people write a hardware address.
#[must_use]
pub fn spell(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

/// Prepares an interface that is not up yet. What cannot be set is said.
///
/// It answers for its own addresses alone, believes no advertisement of a router, forwards what the interface beneath would, and does not ask
/// whether what arrives would have been answered through it, since what is answered leaves beneath.
pub fn prepare(macvlan: &Macvlan) {
    let Macvlan { name, parent, .. } = macvlan;
    let strict = read("ipv4", "all", "rp_filter").is_ok_and(|value| value == "1");
    // The kernel takes the greater of this one and the one for all.
    let reverse_path = if strict { "2" } else { "0" };
    for (family, key, value) in [
        ("ipv4", "arp_ignore", "1"),
        ("ipv4", "arp_announce", "2"),
        ("ipv4", "rp_filter", reverse_path),
        ("ipv6", "accept_ra", "0"),
        ("ipv6", "accept_dad", "0"),
    ] {
        write(family, name, key, value);
    }
    for family in ["ipv4", "ipv6"] {
        if let Ok(value) = read(family, parent, "forwarding") {
            write(family, name, "forwarding", &value);
        }
    }
}

fn write(family: &str, interface: &str, key: &str, value: &str) {
    match fs::write(path(family, interface, key), value) {
        Ok(()) => {}
        // Without IPv6 there is nothing to set.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            debug!("{interface}: there is no {family} {key}");
        }
        Err(error) => warn!("{interface}: {family} {key} cannot be set to {value}: {error}"),
    }
}

fn read(family: &str, interface: &str, key: &str) -> io::Result<String> {
    fs::read_to_string(path(family, interface, key)).map(|value| value.trim().to_owned())
}

fn path(family: &str, interface: &str, key: &str) -> PathBuf {
    ["/proc/sys/net", family, "conf", interface, key]
        .iter()
        .collect()
}
