//! Many addresses at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::IpAddr,
};

use rtnetlink::{
    packet_core::{NLM_F_CREATE, NLM_F_EXCL},
    packet_route::RouteNetlinkMessage,
};
use rustix::io::Errno;
use tracing::warn;

use super::{
    Form, InterfaceAddress, Netlink, NetlinkError, ObservedAddress, local_route::route_to,
};

/// An address that could not be added or removed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressFailure {
    /// The address.
    pub address: InterfaceAddress,
    /// The reason.
    pub error: NetlinkError,
}

impl AddressFailure {
    fn new(address: &InterfaceAddress, error: NetlinkError) -> Self {
        Self {
            address: address.clone(),
            error,
        }
    }
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

/// What is to become of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Add,
    Remove,
}

impl Change {
    /// The request, and its flags.
    fn of(self, address: &InterfaceAddress, index: u32) -> (RouteNetlinkMessage, u16) {
        let message = match (self, address.form) {
            (Self::Add, Form::Address) => {
                RouteNetlinkMessage::NewAddress(address.to_add_message(index))
            }
            (Self::Add, Form::Route) => RouteNetlinkMessage::NewRoute(route_to(address.address)),
            (Self::Remove, Form::Address) => {
                RouteNetlinkMessage::DelAddress(address.to_message(index))
            }
            (Self::Remove, Form::Route) => RouteNetlinkMessage::DelRoute(route_to(address.address)),
        };
        match self {
            Self::Add => (message, NLM_F_CREATE | NLM_F_EXCL),
            Self::Remove => (message, 0),
        }
    }

    /// Whether the number of the interface is needed: a route of ours stays when its interface goes, and is removed all the same.
    fn needs_interface(self, address: &InterfaceAddress) -> bool {
        self == Self::Add || address.form == Form::Address
    }

    fn each(
        self,
        addresses: &[InterfaceAddress],
    ) -> impl Iterator<Item = (Self, &InterfaceAddress)> + Clone {
        addresses.iter().map(move |address| (self, address))
    }
}

impl Netlink {
    /// Adds addresses, many per datagram. One that is there already is no failure.
    pub async fn add_addresses(&self, addresses: &[InterfaceAddress]) -> Installed {
        let failures = self.change(Change::Add.each(addresses)).await;
        let mut failures: Vec<_> = failures.into_iter().map(|(_, failure)| failure).collect();
        let existing: Vec<_> = failures
            .extract_if(.., |failure| failure.error.is(Errno::EXIST))
            .collect();
        Installed {
            failures,
            existing_not_ours: self.without_our_mark(existing).await,
        }
    }

    /// Removes addresses, many per datagram. One that is not there is no failure. One that went with its interface to another name is
    /// removed there.
    pub async fn remove_addresses(&self, addresses: &[InterfaceAddress]) -> Vec<AddressFailure> {
        self.remove_addresses_beside(addresses, &[]).await.0
    }

    /// The same, for addresses that have `siblings`: others of the same prefix that are to stay. Where an interface does not have
    /// `promote_secondaries` set the kernel takes them away with the first one of the prefix, so they are put back behind the removals, in
    /// the same datagram if it has room. Returns what could not be removed, and which siblings are not there.
    pub async fn remove_addresses_beside(
        &self,
        addresses: &[InterfaceAddress],
        siblings: &[InterfaceAddress],
    ) -> (Vec<AddressFailure>, Vec<AddressFailure>) {
        let (mut stuck, lost) = self.remove(addresses, siblings).await;
        let elsewhere: Vec<_> = stuck
            .extract_if(.., |failure| failure.error.is_no_such_interface())
            .map(|failure| failure.address)
            .collect();
        if !elsewhere.is_empty() {
            let there = self.under_other_names(&elsewhere).await;
            stuck.extend(self.remove(&there, &[]).await.0);
            stuck.retain(|failure| !failure.error.is_no_such_interface());
        }
        (stuck, lost)
    }

    async fn remove(
        &self,
        addresses: &[InterfaceAddress],
        siblings: &[InterfaceAddress],
    ) -> (Vec<AddressFailure>, Vec<AddressFailure>) {
        let changes = Change::Remove
            .each(addresses)
            .chain(Change::Add.each(siblings));
        let mut failures = self.change(changes).await;
        failures.retain(|(change, failure)| match change {
            Change::Remove => {
                !failure.error.is(Errno::ADDRNOTAVAIL) && !failure.error.is(Errno::SRCH)
            }
            Change::Add => !failure.error.is(Errno::EXIST),
        });
        let (stuck, lost): (Vec<_>, Vec<_>) = failures
            .into_iter()
            .partition(|(change, _)| *change == Change::Remove);
        let failures =
            |of: Vec<(Change, AddressFailure)>| of.into_iter().map(|(_, it)| it).collect();
        (failures(stuck), failures(lost))
    }

    /// Addresses with our mark that are those of `lost` on an interface of another name: somebody has renamed it.
    async fn under_other_names(&self, lost: &[InterfaceAddress]) -> Vec<InterfaceAddress> {
        let is_lost = |observed: &InterfaceAddress| {
            lost.iter().any(|address| {
                (address.address, address.prefix_length)
                    == (observed.address, observed.prefix_length)
            })
        };
        let present = self.all_addresses().await.unwrap_or_default();
        present
            .into_iter()
            .filter(|observed| observed.is_ours && is_lost(&observed.address))
            .map(|observed| observed.address)
            .collect()
    }

    /// Removes what an earlier run left behind: every address that carries our mark, on any interface; or of those only the configured ones,
    /// if another daemon is at work here whose addresses carry it too.
    ///
    /// An address of the configuration that is there without our mark stays, with a line that says so: it
    /// belongs to the administrator, or the kernel (before 5.18) keeps no marks and nobody can tell.
    ///
    /// # Errors
    /// When the addresses cannot be listed.
    pub async fn remove_leftovers(
        &self,
        configured: &[InterfaceAddress],
        is_the_only_one: bool,
    ) -> Result<Vec<InterfaceAddress>, NetlinkError> {
        let present = self.all_addresses().await?;
        if !present.is_empty() && !present.iter().any(|observed| observed.is_marked) {
            warn!(
                "this kernel keeps no marks on addresses (Linux 5.18 does): \
                 what an earlier run left behind cannot be told from others and stays"
            );
        }
        let (ours, others): (Vec<_>, Vec<_>) =
            present.into_iter().partition(|observed| observed.is_ours);
        for observed in others
            .iter()
            .filter(|observed| is_among(configured, observed))
        {
            warn!(
                "{} was there before us and is left as it is",
                observed.address
            );
        }
        let mut ours: Vec<_> = ours
            .into_iter()
            .filter(|observed| is_the_only_one || is_among(configured, observed))
            .map(|observed| observed.address)
            .collect();
        let routes = self.local_routes().await?.into_iter().map(as_route);
        let known: BTreeSet<_> = configured.iter().map(|one| one.address).collect();
        ours.extend(routes.filter(|route| is_the_only_one || known.contains(&route.address)));
        for failure in self.remove_addresses(&ours).await {
            warn!("a leftover cannot be removed: {failure}");
            ours.retain(|address| *address != failure.address);
        }
        Ok(ours)
    }

    /// Makes the changes and returns the failures, in their order.
    async fn change<'a>(
        &self,
        changes: impl Iterator<Item = (Change, &'a InterfaceAddress)> + Clone,
    ) -> Vec<(Change, AddressFailure)> {
        let named = changes.clone();
        let named = named.filter(|(change, address)| change.needs_interface(address));
        let indexes = self.indexes(named.map(|(_, address)| address)).await;
        let mut failures = Vec::new();
        let (mut asked, mut requests) = (Vec::new(), Vec::new());
        for (change, address) in changes {
            let index = match indexes.get(address.interface.as_str()) {
                Some(Ok(index)) => *index,
                Some(Err(error)) if change.needs_interface(address) => {
                    failures.push((change, AddressFailure::new(address, error.clone())));
                    continue;
                }
                Some(Err(_)) | None => 0,
            };
            asked.push((change, address));
            requests.push(change.of(address, index));
        }
        let results = self.socket.change(requests).await;
        for ((change, address), result) in asked.into_iter().zip(results) {
            let failure = result
                .err()
                .map(|error| AddressFailure::new(address, error));
            failures.extend(failure.map(|failure| (change, failure)));
        }
        failures
    }

    /// The number of every interface the addresses name.
    async fn indexes<'a>(
        &self,
        addresses: impl Iterator<Item = &'a InterfaceAddress>,
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
        let routes: BTreeSet<_> = if existing.iter().any(|one| one.form == Form::Route) {
            let routes = self.local_routes().await.unwrap_or_default();
            routes.into_iter().collect()
        } else {
            BTreeSet::new()
        };
        existing.retain(|address| match address.form {
            Form::Address => !ours.contains(&address.key()),
            Form::Route => !routes.contains(&address.address),
        });
        existing
    }
}

/// A local route of ours, of which the kernel does not tell what interface it was for.
fn as_route(address: IpAddr) -> InterfaceAddress {
    let length = if address.is_ipv4() { 32 } else { 128 };
    InterfaceAddress {
        form: Form::Route,
        ..InterfaceAddress::new("lo", address, length)
    }
}

fn is_among(configured: &[InterfaceAddress], observed: &ObservedAddress) -> bool {
    configured
        .iter()
        .any(|address| address.is_same_as(&observed.address))
}
