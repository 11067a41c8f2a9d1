//! A run of the lab as files: what was on the wire, what happened as a picture, and the same in lines.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::lab::Lab;

mod lines;
mod packets;
mod picture;
mod record;
#[cfg(test)]
mod tests;
mod tracks;

pub use record::Record;

/// The frames on both networks; opens in Wireshark and tshark.
pub const PACKETS: &str = "capture.pcapng";
/// The picture.
pub const PICTURE: &str = "timeline.svg";
/// The lines.
pub const LINES: &str = "log.txt";

/// A folder that a report goes into.
#[derive(Debug)]
pub struct Report {
    folder: PathBuf,
}

impl Report {
    /// Makes the folder if it is not there. One with something else in it than an earlier report is refused.
    ///
    /// # Errors
    ///
    /// If it cannot be made or read, or is refused.
    pub fn into_folder(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        let there = fs::read_dir(folder)
            .with_context(|| format!("the folder {} cannot be read", folder.display()))?;
        for entry in there {
            let name = entry?.file_name();
            ensure!(
                [PACKETS, PICTURE, LINES].iter().any(|ours| name == *ours),
                "{} has {} in it, which is no report; name a new folder",
                folder.display(),
                name.to_string_lossy()
            );
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Writes what happened in this lab; to be called while it is there.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn write(&self, lab: &Lab, record: &Record) -> Result<()> {
        let story = record.story();
        packets::write(&self.folder.join(PACKETS), lab)?;
        self.text(
            PICTURE,
            &picture::draw(&tracks::Tracks::of(&story)).to_string(),
        )?;
        self.text(LINES, &lines::tell(&story))
    }

    /// Where it goes.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn text(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}
