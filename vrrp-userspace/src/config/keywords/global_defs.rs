//! `global_defs`: what concerns the whole daemon.

mod datapath;
mod mail;
mod protocol;
mod scheduling;
mod scripts;
mod unsupported;
mod without_effect;

use super::super::{draft::GlobalDraft, keyword::Table};

pub(super) static TABLE: Table<GlobalDraft> = Table {
    block: "global_defs",
    groups: &[
        mail::KEYWORDS,
        scripts::KEYWORDS,
        protocol::KEYWORDS,
        datapath::KEYWORDS,
        scheduling::KEYWORDS,
        unsupported::KEYWORDS,
        without_effect::KEYWORDS,
    ],
};
