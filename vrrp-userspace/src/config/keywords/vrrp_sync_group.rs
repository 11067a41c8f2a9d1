//! `vrrp_sync_group`: only its members are read, so that they can be kept from starting.

use super::super::{
    draft::SyncGroupDraft,
    keyword::{Apply, KEEPALIVED, Keyword, Table},
};

pub(super) static TABLE: Table<SyncGroupDraft> = Table {
    block: "vrrp_sync_group",
    groups: &[&[
        Keyword {
            name: "group",
            usage: "group { <instance> … }",
            help: "The members, one per line.",
            since: KEEPALIVED,
            apply: Apply::Lines(|group, words| {
                let member = words.word("the name of an instance")?.clone();
                group.members.push(member);
                Ok(())
            }),
        },
        Keyword::lines_with_its_block("track_interface"),
        Keyword::lines_with_its_block("track_script"),
        Keyword::lines_with_its_block("track_file"),
        Keyword::lines_with_its_block("track_process"),
        Keyword::lines_with_its_block("track_bfd"),
        Keyword::with_its_block("notify_master"),
        Keyword::with_its_block("notify_backup"),
        Keyword::with_its_block("notify_fault"),
        Keyword::with_its_block("notify_stop"),
        Keyword::with_its_block("notify"),
        Keyword::with_its_block("notify_priority_changes"),
        Keyword::with_its_block("smtp_alert"),
        Keyword::with_its_block("sync_group_tracking_weight"),
        Keyword::with_its_block("global_tracking"),
    ]],
};
