//! ARP packets that claim an address.

use std::net::Ipv4Addr;

use super::{BROADCAST, STRANGER};
use crate::frame::Mac;

/// An ARP packet to be made; it begins as a broadcast that claims an address for the stranger.
#[derive(Debug, Clone)]
pub struct Claim {
    receiver: Mac,
    sender: Mac,
    hardware_type: u16,
    protocol_type: u16,
    lengths: [u8; 2],
    operation: u16,
    claimant: Mac,
    address: Ipv4Addr,
    target_mac: Mac,
    target: Ipv4Addr,
}

impl Claim {
    /// A gratuitous request for this address.
    #[must_use]
    pub const fn of(address: Ipv4Addr) -> Self {
        Self {
            receiver: BROADCAST,
            sender: STRANGER,
            hardware_type: 1,
            protocol_type: 0x0800,
            lengths: [6, 4],
            operation: 1,
            claimant: STRANGER,
            address,
            target_mac: BROADCAST,
            target: address,
        }
    }

    /// As an answer to this machine.
    #[must_use]
    pub fn answering(self, receiver: Mac, target: Ipv4Addr) -> Self {
        Self {
            operation: 2,
            receiver,
            target_mac: receiver,
            target,
            ..self
        }
    }

    /// As a question about another address, which claims its sender's own by the way.
    #[must_use]
    pub fn asking_for(self, target: Ipv4Addr) -> Self {
        Self {
            target_mac: Mac([0; 6]),
            target,
            ..self
        }
    }

    /// With another operation.
    #[must_use]
    pub fn operation(self, operation: u16) -> Self {
        Self { operation, ..self }
    }

    /// From this machine, in the frame and in the packet.
    #[must_use]
    pub fn from_mac(self, sender: Mac) -> Self {
        Self {
            sender,
            claimant: sender,
            ..self
        }
    }

    /// For this machine, whatever machine the frame is from.
    #[must_use]
    pub fn for_mac(self, claimant: Mac) -> Self {
        Self { claimant, ..self }
    }

    /// With other lengths of hardware and protocol address in front of unchanged addresses.
    #[must_use]
    pub fn lengths(self, hardware: u8, protocol: u8) -> Self {
        Self {
            lengths: [hardware, protocol],
            ..self
        }
    }

    /// With other types of hardware and protocol address in front of unchanged addresses.
    #[must_use]
    pub fn types(self, hardware_type: u16, protocol_type: u16) -> Self {
        Self {
            hardware_type,
            protocol_type,
            ..self
        }
    }

    /// The frame, ready to be sent.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let mut frame = [self.receiver.0, self.sender.0].concat();
        frame.extend([0x08, 0x06]);
        frame.extend(self.hardware_type.to_be_bytes());
        frame.extend(self.protocol_type.to_be_bytes());
        frame.extend(self.lengths);
        frame.extend(self.operation.to_be_bytes());
        frame.extend(self.claimant.0);
        frame.extend(self.address.octets());
        frame.extend(self.target_mac.0);
        frame.extend(self.target.octets());
        frame
    }
}

/// A broadcast that claims `address` for the stranger, as a gratuitous ARP request does.
#[must_use]
pub fn gratuitous_arp(address: Ipv4Addr) -> Vec<u8> {
    Claim::of(address).frame()
}
