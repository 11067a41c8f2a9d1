//! What changes on links and addresses while we watch, and what of our local routes somebody else takes away.

mod routes;

use std::{collections::BTreeMap, io, net::IpAddr};

use rtnetlink::{
    MulticastGroup,
    packet_core::{NetlinkBuffer, NetlinkMessage, NetlinkPayload},
    packet_route::{RouteNetlinkMessage, address::AddressMessage},
    sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE},
};
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_recv_buffer_size_force;
use tokio::sync::mpsc;
use tracing::{error, warn};

use super::{Link, Netlink, ObservedAddress, Requester, local_route::route_in};

/// Changes waiting for the receiver. Beyond that they wait in the kernel, which says so when it drops some.
const QUEUE: usize = 256;
/// Bytes of changes that wait in the kernel, some eight thousand of them.
const RECEIVE_BUFFER: usize = 8 << 20;

/// Something that changed in the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkChange {
    /// A link is new, or its name, state, flags or hardware address changed; often nothing of interest did.
    Link(Link),
    /// A link is gone.
    LinkGone {
        /// Its number.
        index: u32,
        /// Its name.
        name: String,
    },
    /// An address is there that was not, or one of its properties changed.
    AddressAdded(ObservedAddress),
    /// An address is gone.
    AddressRemoved {
        /// Which.
        observed: ObservedAddress,
        /// The netlink port of whoever asked for it, also if the address only went with another one. 0 if nobody did, but the interface went.
        by: u32,
    },
    /// A local route of ours is gone, and this netlink port has asked for that.
    RouteRemoved {
        /// Where it led to.
        address: IpAddr,
        /// The port.
        by: u32,
    },
    /// Changes were lost: look at everything afresh.
    Overrun,
}

impl Netlink {
    /// Reports every change from now on; of local routes those only that `ours` has not asked for.
    ///
    /// A receiver that is slow costs no memory: what it leaves waiting stays in the socket, and when that is
    /// full the next report is [`NetworkChange::Overrun`]. The channel closes if the socket fails.
    ///
    /// # Errors
    /// When the socket cannot be made, or the links cannot be listed.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn monitor(&self, ours: &Requester) -> io::Result<mpsc::Receiver<NetworkChange>> {
        let socket = multicast_socket()?;
        let routes = routes::socket(ours.port())?;
        let mut names = Names {
            netlink: self.clone(),
            by_index: BTreeMap::new(),
        };
        names.refresh().await;
        let (sender, receiver) = mpsc::channel(QUEUE);
        drop(tokio::spawn(watch(socket, routes, names, sender)));
        Ok(receiver)
    }
}

fn multicast_socket() -> io::Result<TokioSocket> {
    let groups = [
        MulticastGroup::Link,
        MulticastGroup::Ipv4Ifaddr,
        MulticastGroup::Ipv6Ifaddr,
    ];
    let mask = groups
        .iter()
        .fold(0, |mask, group| mask | 1 << (*group as u32 - 1));
    let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
    // Somebody who adds addresses by the thousand should not make us look at everything afresh. Needs CAP_NET_ADMIN, as we do.
    set_socket_recv_buffer_size_force(socket.socket_ref(), RECEIVE_BUFFER).ok();
    socket.socket_mut().bind(&SocketAddr::new(0, mask))?;
    Ok(socket)
}

async fn watch(
    socket: TokioSocket,
    routes: TokioSocket,
    mut names: Names,
    sender: mpsc::Sender<NetworkChange>,
) {
    loop {
        let (socket, received) = tokio::select! {
            () = sender.closed() => return,
            received = socket.recv_from_full() => (&socket, received),
            received = routes.recv_from_full() => (&routes, received),
        };
        let changes = match received {
            // Only the kernel has port 0; nobody else can tell us what our links do.
            Ok((datagram, from)) if from.port_number() == 0 => names.changes(&datagram).await,
            Ok(_) => continue,
            Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => {
                warn!("Netlink: changes were lost, reading everything afresh");
                drain(socket);
                names.refresh().await;
                vec![NetworkChange::Overrun]
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return error!("Netlink: the monitor stops: {error}"),
        };
        for change in changes {
            if sender.send(change).await.is_err() {
                return;
            }
        }
    }
}

/// Empties the socket after a loss.
///
/// The kernel drops everything from the loss until the socket was empty once, and reports only the first
/// loss. Whoever looks afresh before the socket is empty misses what happens in between.
fn drain(socket: &TokioSocket) {
    loop {
        match socket.socket_ref().recv_from_full() {
            Ok(_) => {}
            Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => {}
            Err(_would_block) => return,
        }
    }
}

/// The names of links: a message about an address has only the number.
struct Names {
    netlink: Netlink,
    by_index: BTreeMap<u32, String>,
}

impl Names {
    async fn refresh(&mut self) {
        match self.netlink.links().await {
            Ok(links) => {
                self.by_index = links
                    .into_iter()
                    .map(|link| (link.index, link.name))
                    .collect();
            }
            Err(error) => warn!("Netlink: the links cannot be listed: {error}"),
        }
    }

    /// What a datagram of the kernel says. What cannot be read is taken for a loss.
    async fn changes(&mut self, datagram: &[u8]) -> Vec<NetworkChange> {
        let mut changes = Vec::new();
        for message in messages(datagram) {
            match message {
                Some((by, message)) => changes.extend(self.change(by, message).await),
                None => changes.push(NetworkChange::Overrun),
            }
        }
        changes
    }

    async fn change(&mut self, by: u32, message: RouteNetlinkMessage) -> Option<NetworkChange> {
        if let RouteNetlinkMessage::NewLink(message) = message {
            let link = Link::from_message(&message)?;
            self.by_index.insert(link.index, link.name.clone());
            Some(NetworkChange::Link(link))
        } else if let RouteNetlinkMessage::DelLink(message) = message {
            let Link { index, name, .. } = Link::from_message(&message)?;
            self.by_index.remove(&index);
            Some(NetworkChange::LinkGone { index, name })
        } else if let RouteNetlinkMessage::NewAddress(message) = message {
            self.observed(&message)
                .await
                .map(NetworkChange::AddressAdded)
        } else if let RouteNetlinkMessage::DelAddress(message) = message {
            let observed = self.observed(&message).await?;
            Some(NetworkChange::AddressRemoved { observed, by })
        } else if let RouteNetlinkMessage::DelRoute(_) = message {
            route_in(&message).map(|address| NetworkChange::RouteRemoved { address, by })
        } else {
            None
        }
    }

    async fn observed(&mut self, message: &AddressMessage) -> Option<ObservedAddress> {
        let index = message.header.index;
        if !self.by_index.contains_key(&index) {
            self.refresh().await;
        }
        ObservedAddress::from_message(message, self.by_index.get(&index)?)
    }
}

/// The messages of a datagram, each with the port of who caused it; `None` where one cannot be read.
fn messages(mut datagram: &[u8]) -> Vec<Option<(u32, RouteNetlinkMessage)>> {
    let mut messages = Vec::new();
    while !datagram.is_empty() {
        let length = NetlinkBuffer::new_checked(datagram)
            .ok()
            .map(|header| header.length());
        let length = length.and_then(|length| usize::try_from(length).ok());
        let Some((message, rest)) = length.and_then(|length| datagram.split_at_checked(length))
        else {
            messages.push(None);
            break;
        };
        messages.push(content(message));
        let padding = message.len().next_multiple_of(4) - message.len();
        datagram = rest.get(padding..).unwrap_or_default();
    }
    messages
}

fn content(message: &[u8]) -> Option<(u32, RouteNetlinkMessage)> {
    let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(message).ok()?;
    if let NetlinkPayload::InnerMessage(content) = message.payload {
        Some((message.header.port_number, content))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A datagram is taken apart by lengths that come from outside.
    #[test]
    fn a_datagram_that_cannot_be_read_is_a_loss_and_ends() {
        for garbage in [
            &[0_u8; 3][..],
            &[0; 64],
            &[255; 64],
            &[17, 0, 0, 0, 16, 0, 0, 0],
        ] {
            let messages = messages(garbage);
            assert!(
                messages.iter().all(Option::is_none) && messages.len() <= 4,
                "{messages:?}"
            );
        }
        assert!(messages(&[]).is_empty());
    }
}
