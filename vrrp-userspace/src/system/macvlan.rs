//! How the kernel is to behave on an interface with a virtual MAC: what only `/proc/sys/net` knows.

use std::{fs, io, path::PathBuf};

use tracing::warn;

use super::netlink::Macvlan;

/// Prepares an interface that is not up yet. What cannot be set is said.
///
/// It answers for its own addresses alone, believes no advertisement of a router, forwards what the interface beneath would and has IPv6 if that has, and does not ask
/// whether what arrives would have been answered through it, since what is answered leaves beneath.
pub fn prepare(macvlan: &Macvlan) {
    let Macvlan { name, parent, .. } = macvlan;
    let strict = read("ipv4", "all", "rp_filter").is_ok_and(|value| value == "1");
    // The kernel takes the greater of this one and the one for all.
    let reverse_path = if strict { "2" } else { "0" };
    let mut settings = vec![
        ("ipv4", "arp_ignore", "1".to_owned()),
        ("ipv4", "arp_announce", "2".to_owned()),
        ("ipv4", "rp_filter", reverse_path.to_owned()),
        ("ipv6", "accept_ra", "0".to_owned()),
        ("ipv6", "accept_dad", "0".to_owned()),
    ];
    for (family, key) in [
        ("ipv6", "disable_ipv6"),
        ("ipv4", "forwarding"),
        ("ipv6", "forwarding"),
    ] {
        let beneath = read(family, parent, key).ok();
        settings.extend(beneath.map(|value| (family, key, value)));
    }
    let refused: Vec<_> = settings
        .into_iter()
        .filter_map(|(family, key, value)| {
            let error = set(family, name, key, &value).err()?;
            Some((format!("{family}.{key}={value}"), error))
        })
        .collect();
    if let Some((_, error)) = refused.first() {
        let settings: Vec<_> = refused
            .iter()
            .map(|(setting, _)| setting.as_str())
            .collect();
        warn!("{name}: {} cannot be set: {error}", settings.join(", "));
    }
}

/// Leaves alone what is right, since often nothing may be written. Without IPv6 there is nothing to set.
fn set(family: &str, interface: &str, key: &str, value: &str) -> io::Result<()> {
    match read(family, interface, key) {
        Ok(present) if present == value => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(_) | Err(_) => fs::write(path(family, interface, key), value),
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
