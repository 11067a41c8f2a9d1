//! How this router calls itself, and whom it writes to.

use std::time::Duration;

use super::super::super::{
    draft::GlobalDraft,
    keyword::{Apply, KEEPALIVED, Keyword},
    model::MailServer,
};

const SMTP_PORT: u16 = 25;
const LONGEST_TIMEOUT: Duration = Duration::from_secs(4294);

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    Keyword {
        name: "router_id",
        usage: "router_id <name>",
        help: "How this router calls itself in mails, the host name unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.global.router_id = Some(words.word("a name")?.text.clone());
            Ok(())
        }),
    },
    Keyword {
        name: "notification_email",
        usage: "notification_email { <address> … }",
        help: "Who gets mails, one per line.",
        since: KEEPALIVED,
        apply: Apply::Lines(|draft, words| {
            draft
                .global
                .mail
                .to
                .extend(words.rest().iter().map(|word| word.text.clone()));
            Ok(())
        }),
    },
    Keyword {
        name: "notification_email_from",
        usage: "notification_email_from <address>",
        help: "Who sends them.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.global.mail.from = Some(words.word("an address")?.text.clone());
            Ok(())
        }),
    },
    Keyword {
        name: "smtp_server",
        usage: "smtp_server <name|address> [<port>]",
        help: "By which server, port 25 unless given. Without a server no mail is sent.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            let host = words.word("a name or an address")?.text.clone();
            let port = if words.peek().is_some() {
                words.number(1..=u16::MAX)?
            } else {
                SMTP_PORT
            };
            draft.global.mail.server = Some(MailServer { host, port });
            Ok(())
        }),
    },
    Keyword {
        name: "smtp_connect_timeout",
        usage: "smtp_connect_timeout <seconds>",
        help: "How long to wait for it, 30 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            let range = Duration::from_secs(1)..=LONGEST_TIMEOUT;
            draft.global.mail.connect_timeout = words.seconds(range)?;
            Ok(())
        }),
    },
    Keyword {
        name: "smtp_helo_name",
        usage: "smtp_helo_name <name>",
        help: "How to greet it, with the host name unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.global.mail.helo_name = Some(words.word("a name")?.text.clone());
            Ok(())
        }),
    },
    Keyword {
        name: "smtp_alert",
        usage: "smtp_alert [on|off]",
        help: "Whether transitions are told by mail where an instance does not say.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.global.smtp_alert = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "smtp_alert_vrrp",
        usage: "smtp_alert_vrrp [on|off]",
        help: "The same for VRRP alone; goes before `smtp_alert`.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.global.smtp_alert_vrrp = Some(words.boolean()?);
            Ok(())
        }),
    },
];
