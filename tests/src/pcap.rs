//! Reads a capture file while it is still being written.
//!
//! Only what `tcpdump -w` writes on this machine: nanosecond stamps, native byte order, Ethernet.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::moment::Moment;

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
/// The first word of a file whose stamps count nanoseconds.
const NANOSECOND_MAGIC: u32 = 0xa1b2_3c4d;

/// One captured frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// When the kernel took it in.
    pub at: Moment,
    /// The frame, from the Ethernet header on.
    pub bytes: Vec<u8>,
}

/// The frames in a file; a record still being written is left for the next time.
#[must_use]
pub fn read(path: &Path) -> Vec<Captured> {
    fs::read(path).map_or_else(|_| Vec::new(), |bytes| parse(&bytes))
}

/// Whether the file has begun, so that what passes from now on will be in it.
#[must_use]
pub fn has_begun(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() >= 24)
}

/// A file that is read while it grows, each frame once.
#[derive(Debug)]
pub struct Follower {
    file: File,
    /// What has been read and is no whole record yet, or the file's own header.
    rest: Vec<u8>,
    knows_header: bool,
}

impl Follower {
    /// Follows a file from its first frame on.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            rest: Vec::new(),
            knows_header: false,
        })
    }

    /// The frames that came since the last time.
    pub fn frames(&mut self) -> Vec<Captured> {
        // What cannot be read now is read the next time.
        drop(self.file.read_to_end(&mut self.rest));
        if !self.knows_header {
            if self.rest.len() < FILE_HEADER || word(&self.rest, 0) != Some(NANOSECOND_MAGIC) {
                return Vec::new();
            }
            self.rest.drain(..FILE_HEADER);
            self.knows_header = true;
        }
        let (frames, read) = records(&self.rest);
        self.rest.drain(..read);
        frames
    }
}

fn parse(bytes: &[u8]) -> Vec<Captured> {
    if word(bytes, 0) != Some(NANOSECOND_MAGIC) {
        return Vec::new();
    }
    records(bytes.get(FILE_HEADER..).unwrap_or_default()).0
}

/// The whole records, and how many bytes they are.
fn records(bytes: &[u8]) -> (Vec<Captured>, usize) {
    let (mut frames, mut at) = (Vec::new(), 0);
    while let Some((frame, next)) = record(bytes, at) {
        frames.push(frame);
        at = next;
    }
    (frames, at)
}

fn record(bytes: &[u8], at: usize) -> Option<(Captured, usize)> {
    let (seconds, nanoseconds) = (word(bytes, at)?, word(bytes, at + 4)?);
    let length = usize::try_from(word(bytes, at + 8)?).ok()?;
    let (start, end) = (at + RECORD_HEADER, at + RECORD_HEADER + length);
    let at = Moment::from_nanoseconds(u64::from(seconds) * 1_000_000_000 + u64::from(nanoseconds));
    Some((
        Captured {
            at,
            bytes: bytes.get(start..end)?.to_vec(),
        },
        end,
    ))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file_of(words: &[u32], tail: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        bytes.extend(tail);
        bytes
    }

    #[test]
    fn a_record_still_being_written_is_left_alone() {
        let head = [NANOSECOND_MAGIC, 0x0004_0002, 0, 0, 65_535, 1];
        let whole = [&head[..], &[7, 9, 3, 3]].concat();
        let frame = Captured {
            at: Moment::from_nanoseconds(7_000_000_009),
            bytes: vec![1, 2, 3],
        };

        assert_eq!(parse(&file_of(&whole, &[1, 2, 3])), [frame]);
        assert_eq!(parse(&file_of(&whole, &[1, 2])), []);
        assert_eq!(parse(&file_of(&head, &[])), []);
    }

    #[test]
    fn a_file_that_grows_gives_each_frame_once() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut follower = Follower::of(file.path()).unwrap();
        let head = file_of(&[NANOSECOND_MAGIC, 0x0004_0002, 0, 0, 65_535, 1], &[]);
        let frame = |bytes: &[u8]| file_of(&[7, 9, 3, 3], bytes);
        let mut grown = |bytes: &[u8]| {
            file.write_all(bytes).unwrap();
            let frames = follower.frames();
            frames
                .into_iter()
                .map(|frame| frame.bytes)
                .collect::<Vec<_>>()
        };

        assert_eq!(grown(&head[..20]), Vec::<Vec<u8>>::new());
        assert_eq!(
            grown(&[&head[20..], &frame(&[1, 2, 3])].concat()),
            [[1, 2, 3]]
        );
        assert_eq!(grown(&frame(&[4, 5, 6])[..17]), Vec::<Vec<u8>>::new());
        assert_eq!(
            grown(&[&[5, 6], &frame(&[7, 8, 9])[..]].concat()),
            [[4, 5, 6], [7, 8, 9]]
        );
    }
}
