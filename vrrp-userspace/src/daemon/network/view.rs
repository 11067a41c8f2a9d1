//! An interface as whoever shows it sees it.

use std::net::IpAddr;

use vrrp_ebpf::abi::{Counters, PORT_FINAL};

use super::{Network, standing::Attached};
use crate::system::{
    netlink::{NetlinkError, ObservedAddress, Obstacles},
    raw_socket::Hearing,
};

/// What there is on an interface.
#[derive(Debug, Clone, Default)]
pub(in crate::daemon) struct PortView {
    /// The kernel's number of it, once it has been brought up.
    pub(in crate::daemon) index: Option<u32>,
    /// How the program is there.
    pub(in crate::daemon) attached: Option<Attached>,
    /// Why it is not.
    pub(in crate::daemon) why_not: Option<String>,
    /// Whether what it says is final.
    pub(in crate::daemon) is_final: bool,
    /// Whether the raw path judges everything, rather than what the program leaves.
    pub(in crate::daemon) hears_everything: bool,
    /// What the raw path has judged.
    pub(in crate::daemon) raw: Counters,
    /// What it had no room for.
    pub(in crate::daemon) raw_lost: u64,
}

impl Network {
    /// What there is on the interface `name`.
    pub(in crate::daemon) fn view(&self, name: &str) -> PortView {
        let tally = self.tallies.get(name);
        let raw = tally.map(|tally| tally.counters()).unwrap_or_default();
        let raw_lost = tally.map_or(0, |tally| tally.losses());
        let Some(known) = self.known.get(name) else {
            return PortView {
                why_not: Some("there is no such interface".into()),
                raw,
                raw_lost,
                ..PortView::default()
            };
        };
        let attached = known.standing.attached();
        PortView {
            index: Some(known.index),
            attached,
            why_not: known.standing.why_not(),
            is_final: attached.is_some() && known.port.flags & PORT_FINAL != 0,
            hears_everything: known.hearing() == Hearing::Everything,
            raw,
            raw_lost,
        }
    }

    /// Every address of every interface.
    ///
    /// # Errors
    ///
    /// When they cannot be listed.
    pub(in crate::daemon) async fn all_addresses(
        &self,
    ) -> Result<Vec<ObservedAddress>, NetlinkError> {
        self.netlink.all_addresses().await
    }

    /// The addresses that are here as local routes of ours, as the kernel says.
    ///
    /// # Errors
    ///
    /// When they cannot be listed.
    pub(in crate::daemon) async fn local_routes(&self) -> Result<Vec<IpAddr>, NetlinkError> {
        self.netlink.local_routes().await
    }

    /// Where the kernel would not answer for a local route.
    pub(in crate::daemon) async fn obstacles_to_local_routes(&self) -> Obstacles {
        self.netlink.obstacles_to_local_routes().await
    }
}
