//! The Ethernet frame around a forged packet.

use super::STRANGER;
use crate::frame::Mac;

/// From whom to whom, behind which tag, and how far it is padded.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    pub(super) receiver: Mac,
    pub(super) sender: Mac,
    /// EtherType and VLAN of a tag.
    pub(super) tag: Option<(u16, u16)>,
    /// Zeros behind the packet.
    pub(super) padding: usize,
}

impl Envelope {
    /// From the stranger, without tag or padding.
    pub(super) const fn to(receiver: Mac) -> Self {
        Self {
            receiver,
            sender: STRANGER,
            tag: None,
            padding: 0,
        }
    }

    /// The frame with a packet of this EtherType.
    pub(super) fn around(&self, ether_type: u16, packet: &[u8]) -> Vec<u8> {
        let mut frame = [self.receiver.0, self.sender.0].concat();
        if let Some((tag, vlan)) = self.tag {
            frame.extend(tag.to_be_bytes());
            frame.extend(vlan.to_be_bytes());
        }
        frame.extend(ether_type.to_be_bytes());
        frame.extend(packet);
        frame.resize(frame.len() + self.padding, 0);
        frame
    }
}
