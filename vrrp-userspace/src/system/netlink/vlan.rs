//! Whether an XDP program on a link can trust that what looks untagged was untagged.

use std::io;

use ethtool::{EthtoolAttr, EthtoolFeatureAttr};
use futures_util::TryStreamExt;
use rtnetlink::packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage};
use tokio::time::timeout;

use super::{Link, Netlink, socket::ANSWER_DEADLINE};

/// `NETIF_F_HW_VLAN_CTAG_RX`: the tag is taken out of the frame before XDP sees it.
const STRIPS: &str = "rx-vlan-hw-parse";

/// `NETIF_F_HW_VLAN_CTAG_FILTER`: frames of VLANs that nobody asked for are dropped before XDP sees them.
const FILTERS: &str = "rx-vlan-filter";

impl Netlink {
    /// Whether frames of a VLAN may reach an XDP program on `interface` without their tag.
    ///
    /// True when a VLAN link sits on the interface, or when the hardware takes tags off and does not keep
    /// foreign VLANs out. VLAN links in other network namespaces are not seen.
    ///
    /// # Errors
    /// When the links or the features (Linux 5.8 and later) cannot be read. Take it for yes.
    pub async fn strips_vlan_tags(&self, interface: &str) -> io::Result<bool> {
        let messages = self.link_messages().await.map_err(io::Error::other)?;
        let is_it = |link: &Link| link.name == interface;
        let link = messages.iter().filter_map(Link::from_message).find(is_it);
        let link = link.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        if messages
            .iter()
            .any(|message| is_vlan_on(message, link.index))
        {
            return Ok(true);
        }
        let features = active_features(interface).await?;
        let has = |wanted| features.iter().any(|feature| feature == wanted);
        Ok(has(STRIPS) && !has(FILTERS))
    }
}

fn is_vlan_on(message: &LinkMessage, parent: u32) -> bool {
    let is_vlan = message.attributes.iter().any(|attribute| {
        if let LinkAttribute::LinkInfo(information) = attribute {
            information.contains(&LinkInfo::Kind(InfoKind::Vlan))
        } else {
            false
        }
    });
    is_vlan && message.attributes.contains(&LinkAttribute::Link(parent))
}

/// The names of the features that are on, as `ethtool -k` has them.
async fn active_features(interface: &str) -> io::Result<Vec<String>> {
    let (connection, mut handle, _) = ethtool::new_connection()?;
    let serving = tokio::spawn(connection);
    let request = async {
        let answers = handle.feature().get(Some(interface)).execute().await?;
        answers.try_collect::<Vec<_>>().await
    };
    let answers = timeout(ANSWER_DEADLINE, request).await;
    serving.abort();
    let answers = answers
        .map_err(io::Error::other)?
        .map_err(io::Error::other)?;
    let attributes = answers.into_iter().flat_map(|answer| answer.payload.nlas);
    Ok(attributes.flat_map(names_of_active).collect())
}

fn names_of_active(attribute: EthtoolAttr) -> Vec<String> {
    if let EthtoolAttr::Feature(EthtoolFeatureAttr::Active(bits)) = attribute {
        bits.into_iter()
            .filter(|bit| bit.value)
            .map(|bit| bit.name)
            .collect()
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vlan_link_counts_for_its_parent_only() {
        let link = |kind| {
            let mut message = LinkMessage::default();
            message.attributes.push(LinkAttribute::Link(2));
            message
                .attributes
                .push(LinkAttribute::LinkInfo(vec![LinkInfo::Kind(kind)]));
            message
        };
        assert!(is_vlan_on(&link(InfoKind::Vlan), 2));
        assert!(!is_vlan_on(&link(InfoKind::Vlan), 3));
        assert!(!is_vlan_on(&link(InfoKind::MacVlan), 2));
    }
}
