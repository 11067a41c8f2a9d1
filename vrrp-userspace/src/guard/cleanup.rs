//! What is done in the place of a daemon that was killed.

use std::{collections::BTreeSet, fmt, fs, io, net::IpAddr, path::Path, time::Duration};

use rustix::process::Pid;
use tokio::{runtime::Runtime, time::timeout};

use super::{ledger::Ledger, message::Slot};
use crate::{
    protocol::Priority,
    system::{
        advert_sender::{AdvertSender, PacketSocket},
        control_socket,
        netlink::{Form, InterfaceAddress, Netlink},
        packet_address::FrameSocket,
    },
};

/// How long the kernel may take to remove all addresses.
const REMOVAL_DEADLINE: Duration = Duration::from_secs(30);

/// What was done, for the log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    said_goodbye: Vec<String>,
    removed: usize,
    macvlans: usize,
    problems: Vec<String>,
}

/// Says goodbye for everything claimed, then takes its addresses down, and the interfaces that were made for any router. The goodbyes come
/// first because the other routers can do something with them.
pub(super) fn release(ledger: &Ledger, runtime: &Runtime) -> Done {
    let mut done = Done::default();
    let mut frames = None;
    for slot in ledger.claimed() {
        match say_goodbye(slot, &mut frames) {
            Ok(()) => done.said_goodbye.push(slot.name.clone()),
            Err(error) => done
                .problems
                .push(format!("{} without priority 0: {error}", slot.name)),
        }
    }
    let addresses: Vec<_> = ledger
        .claimed()
        .flat_map(|slot| slot.addresses.clone())
        .collect();
    let macvlans: BTreeSet<_> = ledger.macvlans().map(String::from).collect();
    if !addresses.is_empty() || !macvlans.is_empty() {
        let removal = async {
            // First what takes them all at once.
            done.macvlans = remove_macvlans(&macvlans).await?;
            remove(&addresses).await
        };
        match runtime.block_on(async { timeout(REMOVAL_DEADLINE, removal).await }) {
            Ok(Ok((removed, problems))) => {
                done.removed = removed;
                done.problems.extend(problems);
            }
            Ok(Err(error)) => done
                .problems
                .push(format!("addresses may still be there: {error}")),
            Err(_elapsed) => done.problems.push("addresses may still be there".into()),
        }
    }
    done
}

/// Removes those of these interfaces that are there and ours, and returns how many.
async fn remove_macvlans(names: &BTreeSet<String>) -> io::Result<usize> {
    if names.is_empty() {
        return Ok(0);
    }
    let removed = Netlink::connect()?.remove_macvlans(names).await;
    removed
        .map(|removed| removed.len())
        .map_err(io::Error::other)
}

/// Through `frames`, which is opened when somebody needs it and stays open for the others.
fn say_goodbye(slot: &Slot, frames: &mut Option<FrameSocket>) -> io::Result<()> {
    let advert = slot.release.as_ref().ok_or(io::ErrorKind::NotFound)?;
    let source = advert.source;
    let destinations = &advert.destinations;
    let interface = advert.interface;
    let sender = match advert.mac {
        None => {
            let socket = PacketSocket::open(interface, source, advert.hop_limit)?;
            AdvertSender::in_packets(socket, destinations)?
        }
        Some(mac) => {
            let socket = match frames {
                Some(socket) => socket.clone(),
                None => frames.insert(FrameSocket::open()?).clone(),
            };
            AdvertSender::in_frames(socket, mac, interface, source, destinations)?
        }
    };
    sender.send(|destination| {
        let template = &advert.template;
        template.message(Priority::RELEASE, source, destination)
    })
}

/// Removes those of `addresses` that are there and ours; all that are there, if the kernel keeps no marks. Returns
/// how many, and what went wrong.
async fn remove(addresses: &[InterfaceAddress]) -> io::Result<(usize, Vec<String>)> {
    if addresses.is_empty() {
        return Ok((0, Vec::new()));
    }
    let netlink = Netlink::connect()?;
    let observed = netlink.all_addresses().await.map_err(io::Error::other)?;
    let keeps_marks = observed.iter().any(|observed| observed.is_marked);
    let as_addresses = addresses.iter().filter(|address| !is_route(address));
    let claimed: BTreeSet<_> = as_addresses.map(identity).collect();
    let mut ours: Vec<_> = observed
        .into_iter()
        .filter(|observed| observed.is_ours || !keeps_marks)
        .map(|observed| observed.address)
        .filter(|address| claimed.contains(&identity(address)))
        .collect();
    let routes: BTreeSet<_> = if addresses.iter().any(is_route) {
        let routes = netlink.local_routes().await.map_err(io::Error::other)?;
        routes.into_iter().collect()
    } else {
        BTreeSet::new()
    };
    let routes = addresses
        .iter()
        .filter(|address| is_route(address) && routes.contains(&address.address));
    ours.extend(routes.cloned());
    let failures = netlink.remove_addresses(&ours).await;
    let problems = failures.iter().map(ToString::to_string).collect();
    Ok((ours.len().saturating_sub(failures.len()), problems))
}

fn is_route(address: &InterfaceAddress) -> bool {
    address.form == Form::Route
}

/// What tells addresses apart.
fn identity(address: &InterfaceAddress) -> (&str, IpAddr, u8) {
    (&address.interface, address.address, address.prefix_length)
}

/// Removes the daemon's pid file and the control socket beside it, unless another daemon has taken them over.
pub(super) fn remove_pid_file(pid_file: &Path, daemon: Pid) {
    let names_the_dead = fs::read_to_string(pid_file)
        .is_ok_and(|text| text.trim() == daemon.as_raw_nonzero().to_string());
    if names_the_dead {
        control_socket::remove_stale(&control_socket::beside(pid_file));
        fs::remove_file(pid_file).ok();
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return f.write_str("nothing was claimed");
        }
        let names = if self.said_goodbye.is_empty() {
            "no router".into()
        } else {
            self.said_goodbye.join(", ")
        };
        write!(
            f,
            "sent priority 0 for {names}, addresses removed: {}",
            self.removed
        )?;
        if self.macvlans > 0 {
            write!(f, ", interfaces removed: {}", self.macvlans)?;
        }
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "; {problem}"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_pid_file_that_names_another_daemon_stays_with_its_socket() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keepalived.pid");
        let socket = folder.path().join("keepalived.sock");
        drop(UnixListener::bind(&socket).unwrap());
        let dead = Pid::from_raw(4711).unwrap();

        fs::write(&file, "4712\n").unwrap();
        remove_pid_file(&file, dead);
        assert!(file.exists() && socket.exists());

        fs::write(&file, "4711\n").unwrap();
        remove_pid_file(&file, dead);
        assert!(!file.exists() && !socket.exists());
    }

    #[test]
    fn the_log_line_says_what_was_done_and_what_was_not() {
        assert_eq!(Done::default().to_string(), "nothing was claimed");
        let done = Done {
            said_goodbye: vec!["HA_V1".into(), "HA_V2".into()],
            removed: 2,
            macvlans: 0,
            problems: vec!["10.0.0.1/24 on eth1: Device or resource busy".into()],
        };
        assert_eq!(
            done.to_string(),
            "sent priority 0 for HA_V1, HA_V2, addresses removed: 2; \
             10.0.0.1/24 on eth1: Device or resource busy"
        );
    }
}
