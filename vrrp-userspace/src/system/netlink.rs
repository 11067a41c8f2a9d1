//! The kernel's links and addresses; the only user of `rtnetlink`.
//!
//! Many changes go into one datagram and their answers are counted, because 5,000 addresses added one after
//! the other cost a round trip each. Everything we add carries our mark ([`ADDRESS_PROTOCOL`]), so that
//! after a crash our addresses can be told from the administrator's, and only ours are removed.
//!
//! Nothing here remembers what was asked for; [`InterfaceAddress`] is the whole vocabulary.

mod address;
mod batch;
mod error;
mod link;
mod local_route;
mod macvlan;
mod monitor;
mod socket;
mod vlan;

use std::io;

use rtnetlink::packet_route::{
    RouteNetlinkMessage,
    address::AddressMessage,
    link::{LinkAttribute, LinkMessage},
};

pub use address::{ADDRESS_PROTOCOL, Form, InterfaceAddress, ObservedAddress, primary_address};
pub use batch::{AddressFailure, Installed};
pub use error::NetlinkError;
pub use link::Link;
pub use local_route::{Obstacle, Obstacles};
pub use macvlan::{Macvlan, MacvlanError};
pub use monitor::NetworkChange;
pub use socket::Requester;

use self::socket::RoutingSocket;

/// A connection to the kernel's routing socket. Clones share it.
#[derive(Debug, Clone)]
pub struct Netlink {
    socket: RoutingSocket,
}

impl Netlink {
    /// Opens the socket in the network namespace of the calling thread and serves it from a new task.
    ///
    /// # Errors
    /// When the socket cannot be made.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn connect() -> io::Result<Self> {
        Ok(Self {
            socket: RoutingSocket::connect()?,
        })
    }

    /// Who asks through this connection, as a [`NetworkChange::AddressRemoved`] tells.
    #[must_use]
    pub fn requester(&self) -> Requester {
        self.socket.requester()
    }

    /// Every link of the namespace, in the kernel's order.
    ///
    /// # Errors
    /// When the kernel refuses or does not answer.
    pub async fn links(&self) -> Result<Vec<Link>, NetlinkError> {
        Ok(self
            .link_messages()
            .await?
            .iter()
            .filter_map(Link::from_message)
            .collect())
    }

    /// The link called `name`, or `None` if there is none.
    ///
    /// # Errors
    /// When the kernel refuses or does not answer.
    pub async fn link(&self, name: &str) -> Result<Option<Link>, NetlinkError> {
        let message = self.link_message(name).await?;
        Ok(message.as_ref().and_then(Link::from_message))
    }

    async fn link_message(&self, name: &str) -> Result<Option<LinkMessage>, NetlinkError> {
        let mut question = LinkMessage::default();
        question
            .attributes
            .push(LinkAttribute::IfName(name.to_owned()));
        match self
            .socket
            .get(RouteNetlinkMessage::GetLink(question))
            .await
        {
            Ok(answers) => Ok(links_in(answers)
                .into_iter()
                .find(|message| Link::from_message(message).is_some())),
            Err(error) if error.is_no_such_interface() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The addresses of one interface, in the kernel's order; none if there is no such interface.
    ///
    /// # Errors
    /// When the kernel refuses or does not answer.
    pub async fn addresses(&self, interface: &str) -> Result<Vec<ObservedAddress>, NetlinkError> {
        let mut addresses = self.all_addresses().await?;
        addresses.retain(|observed| observed.address.interface == interface);
        Ok(addresses)
    }

    /// The addresses of every interface, in the kernel's order.
    ///
    /// # Errors
    /// When the kernel refuses or does not answer.
    pub async fn all_addresses(&self) -> Result<Vec<ObservedAddress>, NetlinkError> {
        let links = self.links().await?;
        let messages = self.address_messages().await?;
        let name_of = |index| {
            links
                .iter()
                .find(|link| link.index == index)
                .map(|link| &link.name)
        };
        Ok(messages
            .iter()
            .filter_map(|message| {
                ObservedAddress::from_message(message, name_of(message.header.index)?)
            })
            .collect())
    }

    async fn link_messages(&self) -> Result<Vec<LinkMessage>, NetlinkError> {
        let question = RouteNetlinkMessage::GetLink(LinkMessage::default());
        Ok(links_in(self.socket.dump(question).await?))
    }

    async fn address_messages(&self) -> Result<Vec<AddressMessage>, NetlinkError> {
        let question = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        let only_addresses = |answer| {
            if let RouteNetlinkMessage::NewAddress(address) = answer {
                Some(address)
            } else {
                None
            }
        };
        Ok(self
            .socket
            .dump(question)
            .await?
            .into_iter()
            .filter_map(only_addresses)
            .collect())
    }
}

fn links_in(answers: Vec<RouteNetlinkMessage>) -> Vec<LinkMessage> {
    let only_links = |answer| {
        if let RouteNetlinkMessage::NewLink(link) = answer {
            Some(link)
        } else {
            None
        }
    };
    answers.into_iter().filter_map(only_links).collect()
}

#[cfg(test)]
mod tests;
