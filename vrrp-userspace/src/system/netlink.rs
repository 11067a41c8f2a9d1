//! The kernel's links and addresses; the only user of `rtnetlink`.
//!
//! One socket carries many requests at a time, because 5,000 addresses added one after the other cost a
//! round trip each. Everything we add carries a tag ([`ADDRESS_PROTOCOL`]), so that after a crash our
//! addresses can be told from the administrator's, and only ours are removed.
//!
//! Nothing here remembers what was asked for; [`InterfaceAddress`] is the whole vocabulary.

mod address;
mod batch;
mod error;
mod link;

use std::{io, net::IpAddr, time::Duration};

use futures_util::{Stream, TryStreamExt};
use rtnetlink::Handle;
use tokio::time::timeout;

pub use address::{ADDRESS_PROTOCOL, InterfaceAddress, ObservedAddress, primary_address};
pub use batch::{AddressFailure, Installed};
pub use error::NetlinkError;
pub use link::Link;

/// How long the kernel may take for one answer; the routing lock is sometimes held for seconds.
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// A connection to the kernel's routing socket. Clones share it.
#[derive(Debug, Clone)]
pub struct Netlink {
    handle: Handle,
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
        let (connection, handle, _) = rtnetlink::new_connection()?;
        drop(tokio::spawn(connection));
        Ok(Self { handle })
    }

    /// Every link of the namespace, in the kernel's order.
    ///
    /// # Errors
    /// When the kernel refuses or does not answer.
    pub async fn links(&self) -> Result<Vec<Link>, NetlinkError> {
        let dump = self.handle.link().get().execute();
        let messages = collect(dump).await?;
        Ok(messages.iter().filter_map(Link::from_message).collect())
    }

    /// The link called `name`, or `None` if there is none.
    ///
    /// # Errors
    /// When the kernel refuses or does not answer.
    pub async fn link(&self, name: &str) -> Result<Option<Link>, NetlinkError> {
        let request = self.handle.link().get().match_name(name);
        match collect(request.execute()).await {
            Ok(messages) => Ok(messages.iter().find_map(Link::from_message)),
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
        let messages = collect(self.handle.address().get().execute()).await?;
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

    /// The address our packets on `interface` come from, given the addresses that are not ours to use.
    ///
    /// # Errors
    /// When the kernel refuses or does not answer.
    pub async fn primary_address(
        &self,
        interface: &str,
        virtual_addresses: &[IpAddr],
    ) -> Result<Option<std::net::Ipv4Addr>, NetlinkError> {
        Ok(primary_address(
            &self.addresses(interface).await?,
            virtual_addresses,
        ))
    }
}

/// All items of a dump, within the deadline.
async fn collect<T>(
    dump: impl Stream<Item = Result<T, rtnetlink::Error>>,
) -> Result<Vec<T>, NetlinkError> {
    match timeout(ANSWER_DEADLINE, dump.try_collect()).await {
        Ok(messages) => Ok(messages?),
        Err(_elapsed) => Err(NetlinkError::Silent),
    }
}

#[cfg(test)]
mod tests;
