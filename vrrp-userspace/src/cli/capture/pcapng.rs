//! Frames as pcapng: an interface block for each interface and way of hearing, and the reason as the comment of each frame.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

use pcap_file::{
    DataLink, Endianness, PcapError,
    pcapng::{
        PcapNgWriter,
        blocks::{
            enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption},
            interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption},
            section_header::{SectionHeaderBlock, SectionHeaderOption},
        },
    },
};
use vrrp_ebpf::abi::CAPTURE_SNAP;

use crate::daemon::{CaughtFrame, Layer};

/// Times are in units of ten to the minus ninth of a second.
const NANOSECONDS: u8 = 9;
/// Bytes of a frame at most, as every interface block says.
#[expect(clippy::cast_possible_truncation, reason = "256")]
const SNAP_LENGTH: u32 = CAPTURE_SNAP as u32;

/// A file that is being written.
pub(super) struct Pcapng<W: Write> {
    state: State<W>,
    /// The number of each interface's block.
    interfaces: BTreeMap<(String, Layer), u32>,
}

enum State<W: Write> {
    /// Nothing is written yet; the file is taken out when it begins.
    New(Option<W>),
    Begun(PcapNgWriter<W>),
}

impl<W: Write> Pcapng<W> {
    pub(super) const fn new(file: W) -> Self {
        Self {
            state: State::New(Some(file)),
            interfaces: BTreeMap::new(),
        }
    }

    /// Writes what every file begins with, so that one without a frame is a file too.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        let State::New(file) = &mut self.state else {
            return Ok(());
        };
        let Some(file) = file.take() else {
            return Ok(());
        };
        let version = concat!("xvrrpd ", env!("CARGO_PKG_VERSION"));
        let section = SectionHeaderBlock {
            endianness: Endianness::native(),
            options: vec![SectionHeaderOption::UserApplication(Cow::Borrowed(version))],
            ..SectionHeaderBlock::default()
        };
        let writer = PcapNgWriter::with_section_header(file, section).map_err(io_error)?;
        self.state = State::Begun(writer);
        Ok(())
    }

    /// Writes a frame that came `at` since 1970, after `missed` others were lost.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn write(
        &mut self,
        frame: &CaughtFrame,
        at: Duration,
        missed: u64,
    ) -> io::Result<()> {
        self.begin()?;
        let State::Begun(writer) = &mut self.state else {
            return Ok(());
        };
        let next = u32::try_from(self.interfaces.len()).map_err(io::Error::other)?;
        let key = (frame.interface.clone(), frame.layer);
        let known = self.interfaces.get(&key).copied();
        if known.is_none() {
            writer
                .write_pcapng_block(interface(frame))
                .map_err(io_error)?;
            self.interfaces.insert(key, next);
        }
        let mut options = vec![EnhancedPacketOption::Comment(Cow::Borrowed(&frame.comment))];
        if missed > 0 {
            options.push(EnhancedPacketOption::DropCount(missed));
        }
        let block = EnhancedPacketBlock {
            interface_id: known.unwrap_or(next),
            timestamp: at,
            original_len: u32::try_from(frame.length).unwrap_or(u32::MAX),
            data: Cow::Borrowed(&frame.bytes),
            options,
        };
        writer.write_pcapng_block(block).map_err(io_error)?;
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::New(_) => Ok(()),
            State::Begun(writer) => writer.get_mut().flush(),
        }
    }
}

fn interface(frame: &CaughtFrame) -> InterfaceDescriptionBlock<'static> {
    let (linktype, path) = match frame.layer {
        Layer::Ethernet => (DataLink::ETHERNET, "the frame as it came from the wire"),
        Layer::Ip => (DataLink::RAW, "the raw path: it sees no Ethernet header"),
    };
    InterfaceDescriptionBlock {
        linktype,
        snaplen: SNAP_LENGTH,
        options: vec![
            InterfaceDescriptionOption::IfName(Cow::Owned(frame.interface.clone())),
            InterfaceDescriptionOption::IfDescription(Cow::Borrowed(path)),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ],
    }
}

fn io_error(error: PcapError) -> io::Error {
    if let PcapError::IoError(error) = error {
        error
    } else {
        io::Error::other(error)
    }
}

#[cfg(test)]
mod tests {
    use pcap_file::pcapng::{Block, PcapNgReader};

    use super::*;

    fn frame(interface: &str, layer: Layer) -> CaughtFrame {
        CaughtFrame {
            time_ns: 5,
            interface: interface.into(),
            layer,
            reason: "ip_ttl".into(),
            comment: "ip_ttl: far away".into(),
            length: 300,
            bytes: vec![7; 61],
        }
    }

    #[test]
    fn what_is_written_can_be_read_and_an_interface_is_told_once() {
        let mut file = Vec::new();
        let mut pcapng = Pcapng::new(&mut file);
        let at = Duration::new(1_795_367_637, 123_456_789);
        pcapng.begin().unwrap();
        pcapng
            .write(&frame("eth0", Layer::Ethernet), at, 0)
            .unwrap();
        pcapng.write(&frame("eth0", Layer::Ip), at, 3).unwrap();
        pcapng
            .write(&frame("eth0", Layer::Ethernet), at, 0)
            .unwrap();
        drop(pcapng);
        let mut reader = PcapNgReader::new(&file[..]).unwrap();
        let (mut interfaces, mut frames) = (0, Vec::new());
        while let Some(block) = reader.next_block() {
            let block = block.unwrap();
            if let Block::EnhancedPacket(packet) = block {
                frames.push(packet.into_owned());
            } else {
                assert!(matches!(block, Block::InterfaceDescription(_)), "{block:?}");
                interfaces += 1;
            }
        }
        assert_eq!(interfaces, 2);
        let ids: Vec<_> = frames.iter().map(|frame| frame.interface_id).collect();
        assert_eq!(ids, [0, 1, 0]);
        assert_eq!((frames[0].timestamp, frames[0].original_len), (at, 300));
        assert_eq!(*frames[0].data, [7; 61]);
        let comment = EnhancedPacketOption::Comment("ip_ttl: far away".into());
        assert_eq!(frames[0].options, std::slice::from_ref(&comment));
        assert_eq!(
            frames[1].options,
            [comment, EnhancedPacketOption::DropCount(3)]
        );
    }

    #[test]
    fn a_capture_without_a_frame_is_a_file_too() {
        let mut file = Vec::new();
        let mut pcapng = Pcapng::new(&mut file);
        pcapng.begin().unwrap();
        pcapng.begin().unwrap();
        drop(pcapng);
        assert!(PcapNgReader::new(&file[..]).unwrap().next_block().is_none());
    }
}
