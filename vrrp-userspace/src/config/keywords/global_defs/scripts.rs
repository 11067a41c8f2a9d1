//! Who runs scripts.

use super::super::super::{
    draft::GlobalDraft,
    keyword::{Apply, KEEPALIVED, Keyword},
    script,
};

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    Keyword {
        name: "script_user",
        usage: "script_user <user> [<group>]",
        help: "Who runs scripts that do not say. Unless given, `keepalived_script` if there is such a user, else root.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.global.script_user = Some(script::account(words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "enable_script_security",
        usage: "enable_script_security",
        help: "Runs no script as root that somebody else could change.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, _| {
            draft.global.script_security = true;
            Ok(())
        }),
    },
];
