//! Many addresses at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use futures_util::{StreamExt, stream};
use rustix::io::Errno;
use tokio::time::timeout;
use tracing::warn;

use super::{ANSWER_DEADLINE, InterfaceAddress, Netlink, NetlinkError, ObservedAddress};

/// Requests under way at a time: their answers fit into the socket's default receive buffer.
const IN_FLIGHT: usize = 128;

/// An address that could not be added or removed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressFailure {
    /// The address.
    pub address: InterfaceAddress,
    /// The reason.
    pub error: NetlinkError,
}

impl fmt::Display for AddressFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.error)
    }
}

/// What became of a request to add addresses. What is in neither list was added, or was ours already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Installed {
    /// These are not there.
    pub failures: Vec<AddressFailure>,
    /// These were there before and do not carry our mark.
    pub existing_not_ours: Vec<InterfaceAddress>,
}

impl Netlink {
    /// Adds addresses, many requests at a time. One that is there already is no failure.
    pub async fn add_addresses(&self, addresses: &[InterfaceAddress]) -> Installed {
        let results = self.each(addresses, |address, index| async move {
            let mut request =
                self.handle
                    .address()
                    .add(index, address.address, address.prefix_length);
            *request.message_mut() = address.to_add_message(index);
            request.execute().await
        });
        let mut failures = results.await;
        let existing: Vec<_> = failures
            .extract_if(.., |failure| failure.error.is(Errno::EXIST))
            .collect();
        Installed {
            failures,
            existing_not_ours: self.without_our_mark(existing).await,
        }
    }

    /// Removes addresses, many requests at a time. One that is not there is no failure.
    pub async fn remove_addresses(&self, addresses: &[InterfaceAddress]) -> Vec<AddressFailure> {
        let mut failures = self
            .each(addresses, |address, index| {
                self.handle
                    .address()
                    .del(address.to_message(index))
                    .execute()
            })
            .await;
        failures.retain(|failure| {
            !failure.error.is(Errno::ADDRNOTAVAIL) && !failure.error.is_no_such_interface()
        });
        failures
    }

    /// Removes what an earlier run left behind: every address that carries our mark, on any interface.
    ///
    /// An address of the configuration that is there without our mark stays, with a line that says so: it
    /// belongs to the administrator, or the kernel (before 5.18) keeps no marks and nobody can tell.
    ///
    /// # Errors
    /// When the addresses cannot be listed.
    pub async fn remove_leftovers(
        &self,
        configured: &[InterfaceAddress],
    ) -> Result<Vec<InterfaceAddress>, NetlinkError> {
        let (ours, others): (Vec<_>, Vec<_>) = self
            .all_addresses()
            .await?
            .into_iter()
            .partition(|observed| observed.is_ours);
        for observed in others
            .iter()
            .filter(|observed| is_among(configured, observed))
        {
            warn!(
                "{} was there before us and is left as it is",
                observed.address
            );
        }
        let mut ours: Vec<_> = ours.into_iter().map(|observed| observed.address).collect();
        for failure in self.remove_addresses(&ours).await {
            warn!("a leftover cannot be removed: {failure}");
            ours.retain(|address| *address != failure.address);
        }
        Ok(ours)
    }

    /// Sends one request per address and returns the failures, in the order of the addresses.
    async fn each<'a, Request>(
        &self,
        addresses: &'a [InterfaceAddress],
        request: impl Fn(&'a InterfaceAddress, u32) -> Request,
    ) -> Vec<AddressFailure>
    where
        Request: Future<Output = Result<(), rtnetlink::Error>>,
    {
        let indexes = self.indexes(addresses).await;
        stream::iter(addresses)
            .map(|address| {
                let index = indexes[address.interface.as_str()].clone();
                let request = index.map(|index| request(address, index));
                async move {
                    let error = answer(request).await.err()?;
                    Some(AddressFailure {
                        address: address.clone(),
                        error,
                    })
                }
            })
            .buffered(IN_FLIGHT)
            .filter_map(std::future::ready)
            .collect()
            .await
    }

    /// The number of every interface the addresses name.
    async fn indexes<'a>(
        &self,
        addresses: &'a [InterfaceAddress],
    ) -> BTreeMap<&'a str, Result<u32, NetlinkError>> {
        let mut indexes = BTreeMap::new();
        for InterfaceAddress { interface, .. } in addresses {
            if !indexes.contains_key(interface.as_str()) {
                let link = self.link(interface).await.and_then(|link| {
                    link.ok_or_else(|| NetlinkError::NoInterface(interface.clone()))
                });
                indexes.insert(interface.as_str(), link.map(|link| link.index));
            }
        }
        indexes
    }

    /// Those of `existing` that the kernel does not show with our mark; all, if it shows nothing.
    async fn without_our_mark(&self, existing: Vec<AddressFailure>) -> Vec<InterfaceAddress> {
        let mut existing: Vec<_> = existing
            .into_iter()
            .map(|failure| failure.address)
            .collect();
        if existing.is_empty() {
            return existing;
        }
        let mut ours = self.all_addresses().await.unwrap_or_default();
        ours.retain(|observed| observed.is_ours);
        let ours: BTreeSet<_> = ours.iter().map(|observed| observed.address.key()).collect();
        existing.retain(|address| !ours.contains(&address.key()));
        existing
    }
}

fn is_among(configured: &[InterfaceAddress], observed: &ObservedAddress) -> bool {
    configured
        .iter()
        .any(|address| address.is_same_as(&observed.address))
}

/// The answer to a request, within the deadline.
async fn answer(
    request: Result<impl Future<Output = Result<(), rtnetlink::Error>>, NetlinkError>,
) -> Result<(), NetlinkError> {
    match timeout(ANSWER_DEADLINE, request?).await {
        Ok(answer) => Ok(answer?),
        Err(_elapsed) => Err(NetlinkError::Silent),
    }
}
