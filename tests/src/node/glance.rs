//! What can be seen of a node without starting a program on it, many times a second.

use std::fs;
use std::net::Ipv4Addr;

use super::Node;

/// As much of the list of TCP sockets as is read: those that listen come first.
const LISTENERS: u64 = 4096;
/// More than any node of the lab has routes.
const ROUTES: u64 = 1 << 20;

impl Node {
    /// Which of these addresses the node's kernel takes for its own, as `/proc/net/fib_trie` tells: on an interface or as a
    /// route, it answers for them.
    #[must_use]
    pub fn owns(&self, addresses: &[Ipv4Addr]) -> Vec<Ipv4Addr> {
        let routes = self.machine.network_file("fib_trie", ROUTES);
        let own = own_addresses(&routes);
        let mut owned = addresses.to_vec();
        owned.retain(|address| own.contains(address));
        owned
    }

    /// Whether somebody listens for those who want a page: HAProxy, unless it is dead.
    #[must_use]
    pub fn serves_pages(&self) -> bool {
        listens_at(&self.machine.network_file("tcp", LISTENERS), 80)
    }

    /// Whether the cable of an interface is plugged in.
    #[must_use]
    pub fn has_carrier(&self, interface: &str) -> bool {
        let path = format!("/sys/class/net/{interface}/carrier");
        // An interface that is down answers with an error.
        fs::read_to_string(self.machine.path(&path)).is_ok_and(|text| text.trim() == "1")
    }

    /// Whether duplicate address detection has let go of the interface's link-local address.
    #[must_use]
    pub fn has_settled_link_local(&self, interface: &str) -> bool {
        is_settled(&self.machine.network_file("if_inet6", ROUTES), interface)
    }
}

/// `/proc/net/if_inet6`: address, index, prefix length, scope (20: link) and flags, in hexadecimal, and the interface.
fn is_settled(addresses: &str, interface: &str) -> bool {
    /// `IFA_F_TENTATIVE` of `<linux/if_addr.h>`.
    const TENTATIVE: u32 = 0x40;
    addresses.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, _, _, "20", flags, name] = words[..] else {
            return false;
        };
        name == interface
            && u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & TENTATIVE == 0)
    })
}

/// The leaves of the tree that are local to the host.
fn own_addresses(routes: &str) -> Vec<Ipv4Addr> {
    let mut own = Vec::new();
    let mut leaf: Option<Ipv4Addr> = None;
    for line in routes.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse().ok();
        } else if line == "/32 host LOCAL" {
            own.extend(leaf);
        }
    }
    own
}

/// Whether a socket listens at this port of every IPv4 address; the kernel writes both in hexadecimal.
fn listens_at(sockets: &str, port: u16) -> bool {
    let (place, state) = (format!("00000000:{port:04X}"), "0A");
    sockets.lines().any(|line| {
        let mut words = line.split_whitespace().skip(1);
        words.next() == Some(&place) && words.nth(1) == Some(state)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_nodes_own_where_the_kernel_says_local() {
        let routes = "\
Main:
  +-- 0.0.0.0/0 3 0 5
     +-- 192.168.0.0/24 2 0 1
        |-- 192.168.0.0
           /24 link UNICAST
        |-- 192.168.0.5
           /32 host LOCAL
        |-- 192.168.0.255
           /32 link BROADCAST
";
        assert_eq!(own_addresses(routes), [Ipv4Addr::new(192, 168, 0, 5)]);
    }

    #[test]
    fn a_connection_is_no_listener() {
        let sockets = "  sl  local_address rem_address   st tx_queue rx_queue\n   \
             0: 00000000:0050 00000000:0000 0A 00000000:00000000\n   \
             1: 0500A8C0:0051 C800A8C0:9E4C 06 00000000:00000000\n";
        assert!(listens_at(sockets, 80));
        assert!(!listens_at(sockets, 81));
        assert!(!listens_at(sockets, 8));
    }

    #[test]
    fn a_link_local_address_is_settled_when_it_is_no_longer_tentative() {
        let tentative = "fe8000000000000000000000000000c8 02 40 20 c0     eth0\n";
        let settled = "fe8000000000000000000000000000c8 02 40 20 80     eth0\n";
        let global = "20010db8000000000000000000000005 02 40 00 80     eth0\n";

        assert!(!is_settled(tentative, "eth0"));
        assert!(is_settled(settled, "eth0"));
        assert!(!is_settled(settled, "eth1"));
        assert!(!is_settled(global, "eth0"));
    }
}
