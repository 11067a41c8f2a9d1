//! The frames of both networks in one file.

use std::borrow::Cow;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};

use crate::lab::Lab;
use crate::pcap::Captured;

/// Longer than any frame of the lab.
const SNAP_LENGTH: u32 = 65_535;
/// Times are counted in units of 10 to the minus this.
const NANOSECONDS: u8 = 9;

/// Writes what both wiretaps heard, by time.
pub(super) fn write(path: &Path, lab: &Lab) -> Result<()> {
    let frames_of = |number: u32, frames: Vec<Captured>| {
        let frames = frames.into_iter();
        frames.map(move |frame| (number, frame))
    };
    let mut frames: Vec<_> = frames_of(0, lab.first.frames())
        .chain(frames_of(1, lab.second.frames()))
        .collect();
    frames.sort_by_key(|(_, frame)| frame.at);
    let write = || {
        let mut file = PcapNgWriter::new(BufWriter::new(File::create(path)?))?;
        for name in ["lan0", "lan1"] {
            file.write_pcapng_block(interface(name))?;
        }
        for (number, frame) in &frames {
            file.write_pcapng_block(packet(*number, frame))?;
        }
        anyhow::Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn interface(name: &'static str) -> InterfaceDescriptionBlock<'static> {
    InterfaceDescriptionBlock {
        linktype: DataLink::ETHERNET,
        snaplen: SNAP_LENGTH,
        options: vec![
            InterfaceDescriptionOption::IfName(Cow::Borrowed(name)),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ],
    }
}

fn packet(interface_id: u32, frame: &Captured) -> EnhancedPacketBlock<'_> {
    EnhancedPacketBlock {
        interface_id,
        timestamp: Duration::from_nanos(frame.at.nanoseconds()),
        original_len: u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX),
        data: Cow::Borrowed(&frame.bytes),
        options: Vec::new(),
    }
}
