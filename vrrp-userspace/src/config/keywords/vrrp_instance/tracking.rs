//! What takes the router down, or changes its priority.

use super::super::{
    super::{
        block::Content::Lines,
        draft::InstanceDraft,
        keyword::{
            Apply,
            Consequence::{Ignored, InstanceRefused},
            KEEPALIVED, Keyword,
        },
    },
    values,
};

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Keyword {
        name: "track_interface",
        usage: "track_interface { <interface> [weight <number> [reverse]] … }",
        help: "Interfaces that take the router down with them. Its own is tracked anyway; others are not supported \
           yet.",
        since: KEEPALIVED,
        apply: Apply::Lines(|instance, words| {
            instance
                .track_interfaces
                .push(words.word("the name of an interface")?.clone());
            words.rest();
            Ok(())
        }),
    },
    Keyword {
        name: "track_script",
        usage: "track_script { <script> [weight <number> [reverse|noreverse]] … }",
        help: "Scripts that take the router down or change its priority.",
        since: KEEPALIVED,
        apply: Apply::Lines(|instance, words| {
            instance.track_scripts.push(values::tracked_script(words)?);
            Ok(())
        }),
    },
    Keyword::block_not_supported_yet(
        "track_process",
        "Processes that take the router down or change its priority.",
        Lines,
        InstanceRefused("it would claim addresses when it must not"),
    ),
    Keyword::block_not_supported_yet(
        "track_file",
        "Files that take the router down or change its priority.",
        Lines,
        InstanceRefused("it would claim addresses when it must not"),
    ),
    Keyword::block_not_supported_yet(
        "track_bfd",
        "BFD sessions that take the router down or change its priority.",
        Lines,
        InstanceRefused("it would claim addresses when it must not"),
    ),
    Keyword::not_supported_yet(
        "track_src_ip",
        "A missing source address is a fault.",
        InstanceRefused("it would claim addresses when it must not"),
    ),
    Keyword::not_supported_yet(
        "dont_track_primary",
        "Goes on when its own link is down.",
        Ignored,
    ),
];
