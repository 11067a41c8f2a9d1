//! `vrrp_sync_group`: instances that are Active together or not at all.

use super::{
    super::{
        block::Content::Lines,
        draft::SyncGroupDraft,
        keyword::{
            Apply,
            Consequence::{Ignored, InstanceRefused},
            KEEPALIVED, Keyword, Table,
        },
    },
    values,
};

const TOO_OFTEN: &str = "they would claim addresses when they must not";

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
        Keyword {
            name: "track_script",
            usage: "track_script { <script> [weight <number> [reverse|noreverse]] … }",
            help: "Scripts that take all members down, or with `sync_group_tracking_weight` change the priority of all.",
            since: KEEPALIVED,
            apply: Apply::Lines(|group, words| {
                group.track_scripts.push(values::tracked_script(words)?);
                Ok(())
            }),
        },
        Keyword {
            name: "sync_group_tracking_weight",
            usage: "sync_group_tracking_weight",
            help: "Lets members track with weights; without it such a line is ignored. Members should then have the same priority.",
            since: KEEPALIVED,
            apply: Apply::Words(|group, _| {
                group.allows_weights = true;
                Ok(())
            }),
        },
        Keyword {
            name: "notify_master",
            usage: "notify_master \"<command>\" [<user> [<group>]]",
            help: "Runs when all members are Active.",
            since: KEEPALIVED,
            apply: Apply::Words(|group, words| values::notify(&mut group.notify.master, words)),
        },
        Keyword {
            name: "notify_backup",
            usage: "notify_backup \"<command>\" [<user> [<group>]]",
            help: "Runs when all members are Backup.",
            since: KEEPALIVED,
            apply: Apply::Words(|group, words| values::notify(&mut group.notify.backup, words)),
        },
        Keyword {
            name: "notify_fault",
            usage: "notify_fault \"<command>\" [<user> [<group>]]",
            help: "Runs when all members are at fault.",
            since: KEEPALIVED,
            apply: Apply::Words(|group, words| values::notify(&mut group.notify.fault, words)),
        },
        Keyword {
            name: "notify_stop",
            usage: "notify_stop \"<command>\" [<user> [<group>]]",
            help: "Runs when the daemon stops.",
            since: KEEPALIVED,
            apply: Apply::Words(|group, words| values::notify(&mut group.notify.stop, words)),
        },
        Keyword {
            name: "notify",
            usage: "notify \"<command>\" [<user> [<group>]]",
            help: "Runs whenever all members have changed, with GROUP, the name, the state and 0 as its last arguments.",
            since: KEEPALIVED,
            apply: Apply::Words(|group, words| values::notify(&mut group.notify.any, words)),
        },
        Keyword {
            name: "smtp_alert",
            usage: "smtp_alert [on|off]",
            help: "Whether the same is told by mail, as `global_defs` says unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|group, words| {
                group.smtp_alert = Some(words.boolean()?);
                Ok(())
            }),
        },
        Keyword::accepted_without_effect(
            "global_tracking",
            "What takes one member down takes all of them down anyway.",
        ),
        Keyword::block_not_supported_yet(
            "track_interface",
            "Interfaces that take all members down.",
            Lines,
            InstanceRefused(TOO_OFTEN),
        ),
        Keyword::block_not_supported_yet(
            "track_file",
            "Files that take all members down.",
            Lines,
            InstanceRefused(TOO_OFTEN),
        ),
        Keyword::block_not_supported_yet(
            "track_process",
            "Processes that take all members down.",
            Lines,
            InstanceRefused(TOO_OFTEN),
        ),
        Keyword::block_not_supported_yet(
            "track_bfd",
            "BFD sessions that take all members down.",
            Lines,
            InstanceRefused(TOO_OFTEN),
        ),
        Keyword::not_supported_yet(
            "notify_priority_changes",
            "Tells changes of the priority.",
            Ignored,
        ),
    ]],
};
