//! The tables: every keyword of keepalived's VRRP part, and our own, in the block where it belongs.
//!
//! To add a keyword, add a field to the draft and a row to the table of its block; lookup, suggestions and the tests
//! over all keywords follow from the row.

mod authentication;
mod global_defs;
mod unsupported;
mod values;
mod vrrp_instance;
mod vrrp_script;
mod vrrp_sync_group;

pub(super) mod root;

use super::{
    block::{Content, Grammar},
    keyword::{Apply, Table},
};

/// A table, whatever it builds.
trait AnyTable: Sync {
    fn block(&self) -> &'static str;
    fn opens(&self, keyword: &str) -> Option<Content>;
    fn rows(&self) -> Vec<Row>;
}

/// What a table says about a keyword, for readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The block it belongs to; empty for the top of a file.
    pub block: &'static str,
    /// The keyword.
    pub name: &'static str,
    /// How to write it.
    pub usage: &'static str,
    /// What it does, in sentences.
    pub help: &'static str,
    /// The oldest version known to have it.
    pub since: &'static str,
    /// Whether it does something, or why not.
    pub support: Support,
}

/// How far a keyword is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It does what it should.
    Implemented,
    /// There is nothing to do.
    WithoutEffect,
    /// Another keyword has its meaning.
    Renamed(&'static str),
    /// Not yet.
    NotYet,
    /// Left to keepalived.
    LoadBalancing,
}

impl<T> AnyTable for Table<T> {
    fn block(&self) -> &'static str {
        self.block
    }

    fn opens(&self, keyword: &str) -> Option<Content> {
        Self::opens(self, keyword)
    }

    fn rows(&self) -> Vec<Row> {
        let row = |keyword: &super::keyword::Keyword<T>| Row {
            block: self.block,
            name: keyword.name,
            usage: keyword.usage,
            help: keyword.help,
            since: keyword.since,
            support: support(&keyword.apply),
        };
        self.keywords().map(row).collect()
    }
}

const fn support<T>(apply: &Apply<T>) -> Support {
    match apply {
        Apply::Words(_) | Apply::Lines(_) | Apply::Block(_) => Support::Implemented,
        Apply::WithoutEffect => Support::WithoutEffect,
        Apply::RenamedTo(new) => Support::Renamed(new),
        Apply::NotSupportedYet(_) | Apply::WithItsBlock(_) => Support::NotYet,
        Apply::LoadBalancing => Support::LoadBalancing,
    }
}

static TABLES: [&dyn AnyTable; 12] = [
    &root::TABLE,
    &global_defs::TABLE,
    &vrrp_instance::TABLE,
    &authentication::TABLE,
    &vrrp_script::TABLE,
    &vrrp_sync_group::TABLE,
    &unsupported::AUTH_HMAC,
    &unsupported::VRRP_TRACK_PROCESS,
    &unsupported::TRACK_FILE,
    &unsupported::TRACK_GROUP,
    &unsupported::GARP_GROUP,
    &unsupported::BFD_INSTANCE,
];

/// Every keyword there is, block by block.
#[must_use]
pub fn all() -> Vec<Row> {
    TABLES.iter().flat_map(|table| table.rows()).collect()
}

/// Where a keyword that stands in the wrong place belongs, as the end of a sentence.
pub(super) fn home_of(name: &str) -> Option<String> {
    let home = TABLES
        .iter()
        .flat_map(|table| table.rows())
        .find(|row| row.name == name)?
        .block;
    Some(if home.is_empty() {
        "outside all blocks".to_owned()
    } else {
        format!("in `{home}`")
    })
}

/// What the tables know about blocks.
pub(super) struct Tables;

impl Grammar for Tables {
    fn opens(&self, parent: Option<&str>, keyword: &str) -> Option<Content> {
        let parent = match parent {
            Some("vrrp_track_file") => "track_file",
            other => other.unwrap_or_default(),
        };
        TABLES
            .iter()
            .find(|table| table.block() == parent)?
            .opens(keyword)
    }
}

#[cfg(test)]
mod tests;
