//! Interfaces with a hardware address of their own on top of another one.
//!
//! In *bridge* mode, and not *private* as keepalived has it: what comes from another router of the same virtual MAC would then reach the interface
//! on top alone, and whoever listens beneath would be deaf to it.

use std::collections::BTreeSet;

use rtnetlink::{
    packet_core::{NLM_F_CREATE, NLM_F_EXCL},
    packet_route::{
        RouteNetlinkMessage,
        link::{
            AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoKind, InfoMacVlan,
            LinkAttribute, LinkFlags, LinkInfo, LinkMessage, MacVlanMode,
        },
    },
};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Link, Netlink, NetlinkError};

/// Our mark on an interface (its alias): only what has it is removed.
const MARK: &str = "xvrrpd";

/// The group of links that are about to be removed: a number that nobody has thought of.
const LEAVING: LinkAttribute = LinkAttribute::Group(0x7876_7272);

/// An interface with a hardware address of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Macvlan {
    /// Its name.
    pub name: String,
    /// The name of the one beneath.
    pub parent: String,
    /// Its hardware address.
    pub mac: [u8; 6],
    /// The kernel's number for its group of links; that of the one beneath if absent.
    pub group: Option<u32>,
}

/// Why there is no such interface.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MacvlanError {
    /// Somebody else's has the name.
    #[error(
        "there is an interface of this name already, and it is no macvlan of that MAC on `{0}`"
    )]
    Another(String),
    /// The kernel does not want to.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
}

impl Netlink {
    /// Makes an interface, or takes the one that is there if it is just that; either is down then. Returns its number.
    ///
    /// # Errors
    /// The one beneath is not there, another one has the name, or the kernel has no macvlan.
    pub async fn make_macvlan(&self, wanted: &Macvlan) -> Result<u32, MacvlanError> {
        let parent = self.link_message(&wanted.parent).await?;
        let parent = parent.ok_or_else(|| NetlinkError::NoInterface(wanted.parent.clone()))?;
        let parent = parent.header.index;
        let index = match self.link_message(&wanted.name).await? {
            Some(found) if is_macvlan(&found, parent, wanted.mac) => {
                let index = found.header.index;
                // Of a request that sets a link the kernel does not read what is of one kind alone.
                let change = RouteNetlinkMessage::NewLink(in_bridge_mode(index));
                self.change_one(change, 0).await?;
                self.enable(&wanted.name, false).await?;
                index
            }
            Some(_) => return Err(MacvlanError::Another(wanted.parent.clone())),
            None => self.create(wanted, parent).await?,
        };
        self.without_own_addresses(index).await?;
        Ok(index)
    }

    /// Switches an interface on or off.
    ///
    /// # Errors
    /// There is none, or another one on the same link has its hardware address.
    pub async fn enable(&self, name: &str, is_up: bool) -> Result<(), NetlinkError> {
        let link = self.link(name).await?;
        let link = link.ok_or_else(|| NetlinkError::NoInterface(name.to_owned()))?;
        if link.enabled == is_up {
            return Ok(());
        }
        let mut message = of_link(link.index);
        message.header.change_mask = LinkFlags::Up;
        if is_up {
            message.header.flags = LinkFlags::Up;
        }
        self.change_link(message).await
    }

    /// Removes those of these interfaces that have our mark, with their addresses, and returns their names.
    ///
    /// The kernel waits after each for some 40 ms, and once for all that are of one group: so they become one first.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub async fn remove_macvlans(
        &self,
        names: &BTreeSet<String>,
    ) -> Result<Vec<String>, NetlinkError> {
        let messages = self.link_messages().await?;
        let ours = messages.iter().filter(|message| is_marked(message));
        let ours = ours.filter_map(Link::from_message);
        let ours: Vec<Link> = ours.filter(|link| names.contains(&link.name)).collect();
        let is_group_free = || {
            !messages
                .iter()
                .any(|message| message.attributes.contains(&LEAVING))
        };
        if ours.len() > 1 && is_group_free() {
            let mark = |link: &Link| {
                let mut message = of_link(link.index);
                message.attributes.push(LEAVING);
                (RouteNetlinkMessage::SetLink(message), 0)
            };
            // One that has gone meanwhile cannot be marked, and need not.
            self.socket.change(ours.iter().map(mark).collect()).await;
            let mut group = LinkMessage::default();
            group.attributes.push(LEAVING);
            self.change_one(RouteNetlinkMessage::DelLink(group), 0)
                .await?;
        } else {
            for link in &ours {
                let request = RouteNetlinkMessage::DelLink(of_link(link.index));
                match self.change_one(request, 0).await {
                    Err(error) if error.is_no_such_interface() => {}
                    result => result?,
                }
            }
        }
        Ok(ours.into_iter().map(|link| link.name).collect())
    }

    /// The names of all that have our mark.
    ///
    /// # Errors
    /// The kernel refuses or does not answer.
    pub async fn marked_macvlans(&self) -> Result<Vec<String>, NetlinkError> {
        let messages = self.link_messages().await?;
        let ours = messages.iter().filter(|message| is_marked(message));
        Ok(ours
            .filter_map(Link::from_message)
            .map(|link| link.name)
            .collect())
    }

    /// Makes one, and returns its number.
    async fn create(&self, wanted: &Macvlan, parent: u32) -> Result<u32, NetlinkError> {
        let mut message = LinkMessage::default();
        message.attributes = vec![
            LinkAttribute::IfName(wanted.name.clone()),
            LinkAttribute::Link(parent),
            LinkAttribute::Address(wanted.mac.to_vec()),
            macvlan_in_bridge_mode(),
        ];
        let group = wanted.group.map(LinkAttribute::Group);
        message.attributes.extend(group);
        let request = RouteNetlinkMessage::NewLink(message);
        self.change_one(request, NLM_F_CREATE | NLM_F_EXCL).await?;
        let made = self.link(&wanted.name).await?;
        let made = made.ok_or_else(|| NetlinkError::NoInterface(wanted.name.clone()))?;
        let mut marking = of_link(made.index);
        let mark = LinkAttribute::IfAlias(MARK.to_owned());
        marking.attributes.push(mark);
        let marked = self.change_link(marking).await;
        if marked.is_err() {
            let removal = RouteNetlinkMessage::DelLink(of_link(made.index));
            self.change_one(removal, 0).await.ok();
        }
        marked.map(|()| made.index)
    }

    /// No address follows from a virtual MAC (RFC 9568 §7.4).
    async fn without_own_addresses(&self, index: u32) -> Result<(), NetlinkError> {
        let mut message = of_link(index);
        let none = AfSpecInet6::AddrGenMode(In6AddrGenMode::None);
        let none = AfSpecUnspec::Inet6(vec![none]);
        message
            .attributes
            .push(LinkAttribute::AfSpecUnspec(vec![none]));
        match self.change_link(message).await {
            // Without IPv6 there are none anyway.
            Err(error) if error.is(Errno::AFNOSUPPORT) => Ok(()),
            result => result,
        }
    }

    async fn change_link(&self, message: LinkMessage) -> Result<(), NetlinkError> {
        self.change_one(RouteNetlinkMessage::SetLink(message), 0)
            .await
    }

    async fn change_one(
        &self,
        request: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<(), NetlinkError> {
        let results = self.socket.change(vec![(request, flags)]).await;
        results
            .into_iter()
            .next()
            .unwrap_or(Err(NetlinkError::Silent))
    }
}

fn of_link(index: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message
}

fn in_bridge_mode(index: u32) -> LinkMessage {
    let mut message = of_link(index);
    message.attributes.push(macvlan_in_bridge_mode());
    message
}

fn macvlan_in_bridge_mode() -> LinkAttribute {
    LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::MacVlan),
        LinkInfo::Data(InfoData::MacVlan(vec![InfoMacVlan::Mode(
            MacVlanMode::Bridge,
        )])),
    ])
}

fn is_marked(message: &LinkMessage) -> bool {
    let mark = LinkAttribute::IfAlias(MARK.to_owned());
    message.attributes.contains(&mark) && is_of_the_kind(message)
}

fn is_of_the_kind(message: &LinkMessage) -> bool {
    message.attributes.iter().any(|attribute| {
        matches!(attribute, LinkAttribute::LinkInfo(information) if information.contains(&LinkInfo::Kind(InfoKind::MacVlan)))
    })
}

fn is_macvlan(message: &LinkMessage, parent: u32, mac: [u8; 6]) -> bool {
    let has = |attribute| message.attributes.contains(&attribute);
    is_of_the_kind(message)
        && has(LinkAttribute::Link(parent))
        && has(LinkAttribute::Address(mac.to_vec()))
}

#[cfg(test)]
mod tests;
