//! Where text comes from and where in it something stands.
//!
//! A [`Span`] carries its file along, so a diagnostic can be shown long after loading, by someone who never saw
//! the file. Reading a disk is not done here; see `system::config_files`.

use std::{collections::BTreeMap, fmt, sync::Arc};

use thiserror::Error;

/// Gives the bytes of a configuration file by its name.
pub trait Source {
    /// The whole file.
    ///
    /// # Errors
    ///
    /// When there is no such file, or keepalived would not read it.
    fn read(&self, name: &str) -> Result<Vec<u8>, SourceError>;
}

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourceError {
    /// Nothing has this name.
    #[error("does not exist")]
    NotFound,
    /// A directory has this name.
    #[error("is a directory")]
    IsDirectory,
    /// A socket, a pipe or a device has this name.
    #[error("is not a regular file")]
    NotRegular,
    /// keepalived takes an executable file for a script given by mistake, and so do we.
    #[error("is executable, so it is not taken for a configuration")]
    Executable,
    /// Nobody writes this much by hand, and a generator that does has gone wrong.
    #[error("is larger than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: u64,
    },
    /// The system refused.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// Files that exist in memory only.
#[derive(Debug, Clone, Default)]
pub struct MapSource {
    files: BTreeMap<String, Vec<u8>>,
}

impl MapSource {
    /// One file.
    #[must_use]
    pub fn single(name: &str, content: impl Into<Vec<u8>>) -> Self {
        Self {
            files: BTreeMap::from([(name.to_owned(), content.into())]),
        }
    }
}

impl Source for MapSource {
    fn read(&self, name: &str) -> Result<Vec<u8>, SourceError> {
        self.files.get(name).cloned().ok_or(SourceError::NotFound)
    }
}

/// A file as it was when it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    name: String,
    text: String,
    /// The first byte of each line.
    lines: Vec<usize>,
}

impl SourceFile {
    /// Takes the file's name and its text.
    #[must_use]
    pub fn new(name: &str, text: String) -> Arc<Self> {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(newlines).collect();
        Arc::new(Self {
            name: name.to_owned(),
            text,
            lines,
        })
    }

    /// The number of the line that holds a byte, from zero, and the line's first byte.
    #[must_use]
    pub fn line_of(&self, byte: usize) -> (usize, usize) {
        let line = self
            .lines
            .partition_point(|start| *start <= byte)
            .saturating_sub(1);
        (line, self.lines.get(line).copied().unwrap_or(0))
    }

    /// The name to show.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A stretch of a file, in bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    file: Arc<SourceFile>,
    start: usize,
    end: usize,
}

impl Span {
    /// From `start` up to, not including, `end`; both at the boundary of a character.
    #[must_use]
    pub fn new(file: &Arc<SourceFile>, start: usize, end: usize) -> Self {
        Self {
            file: Arc::clone(file),
            start,
            end,
        }
    }

    /// The place for what concerns a file and no word in it.
    #[must_use]
    pub fn whole_file(name: &str) -> Self {
        Self::new(&SourceFile::new(name, String::new()), 0, 0)
    }

    /// The file it is in.
    #[must_use]
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// The first byte.
    #[must_use]
    pub const fn start(&self) -> usize {
        self.start
    }

    /// The byte after the last.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.end
    }

    /// The same place with an end that is the boundary of a character.
    #[must_use]
    pub fn widen_to_character(mut self) -> Self {
        while !self.file.text.is_char_boundary(self.end) {
            self.end += 1;
        }
        self
    }

    /// From the beginning of this one to the end of `last`.
    #[must_use]
    pub fn to(&self, last: &Self) -> Self {
        Self::new(&self.file, self.start, last.end)
    }

    /// What is written there.
    #[must_use]
    pub fn text(&self) -> &str {
        self.file.text.get(self.start..self.end).unwrap_or_default()
    }
}

impl fmt::Debug for Span {
    /// Names the place without the text of the whole file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.file.name, self.start, self.end)
    }
}

/// Where a setting was written.
///
/// All places are equal: two configurations that differ only in where things stand mean the same, and a reload
/// must not touch a router because a comment was added above it.
#[derive(Debug, Clone)]
pub struct Place(pub Span);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}
