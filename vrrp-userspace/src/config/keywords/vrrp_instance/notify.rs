//! Who is told.

use super::super::{
    super::{
        draft::InstanceDraft,
        keyword::{Apply, Consequence::Ignored, KEEPALIVED, Keyword},
    },
    values,
};

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Keyword {
        name: "notify_master",
        usage: "notify_master \"<command>\" [<user> [<group>]]",
        help: "Runs when the router becomes Active.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| values::notify(&mut instance.notify.master, words)),
    },
    Keyword {
        name: "notify_backup",
        usage: "notify_backup \"<command>\" [<user> [<group>]]",
        help: "Runs when the router becomes Backup.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| values::notify(&mut instance.notify.backup, words)),
    },
    Keyword {
        name: "notify_fault",
        usage: "notify_fault \"<command>\" [<user> [<group>]]",
        help: "Runs when something tracked goes down.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| values::notify(&mut instance.notify.fault, words)),
    },
    Keyword {
        name: "notify_stop",
        usage: "notify_stop \"<command>\" [<user> [<group>]]",
        help: "Runs when the daemon stops.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| values::notify(&mut instance.notify.stop, words)),
    },
    Keyword {
        name: "notify",
        usage: "notify \"<command>\" [<user> [<group>]]",
        help: "Runs at every transition, with INSTANCE, the name, the state and the priority as its last arguments.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| values::notify(&mut instance.notify.any, words)),
    },
    Keyword::not_supported_yet(
        "notify_deleted",
        "Runs when a reload removes the instance.",
        Ignored,
    ),
    Keyword::not_supported_yet(
        "notify_master_rx_lower_pri",
        "Runs when a lesser router speaks.",
        Ignored,
    ),
    Keyword::not_supported_yet(
        "notify_priority_changes",
        "Tells changes of the priority.",
        Ignored,
    ),
    Keyword {
        name: "smtp_alert",
        usage: "smtp_alert [on|off]",
        help: "Whether transitions are told by mail, as `global_defs` says unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.smtp_alert = Some(words.boolean()?);
            Ok(())
        }),
    },
];
