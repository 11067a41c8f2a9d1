//! `authentication`: the label that keeps two clusters with one VRID apart (v2 only).

use super::super::{
    draft::{AuthenticationDraft, AuthenticationKind, Located},
    keyword::{Apply, KEEPALIVED, Keyword, Table},
    words::Problem,
};
use crate::protocol::authentication::AUTHENTICATION_DATA_LENGTH;

pub(super) static TABLE: Table<AuthenticationDraft> = Table {
    block: "authentication",
    groups: &[&[
        Keyword {
            name: "auth_type",
            usage: "auth_type PASS|AH",
            help: "PASS sends a password in clear text; AH is not supported.",
            since: KEEPALIVED,
            apply: Apply::Words(|authentication, words| {
                let word = words.peek().cloned();
                let value = words.choice(&[
                    ("PASS", AuthenticationKind::Password),
                    ("AH", AuthenticationKind::AuthenticationHeader),
                ])?;
                authentication.kind = word.map(|word| Located {
                    value,
                    span: word.span,
                });
                Ok(())
            }),
        },
        Keyword {
            name: "auth_pass",
            usage: "auth_pass <password>",
            help: "The password, at most eight bytes. It protects against mistakes, not against attackers.",
            since: KEEPALIVED,
            apply: Apply::Words(|authentication, words| {
                let word = words.word("a password")?;
                if word.text.len() > AUTHENTICATION_DATA_LENGTH {
                    let problem = Problem::warning("has more than 8 bytes").at(word, "too long");
                    words.tell(
                        problem
                            .secret()
                            .now("the first 8 are used, as keepalived does"),
                    );
                }
                let (value, span) = (word.text.clone(), word.span.clone());
                authentication.password = Some(Located { value, span });
                Ok(())
            }),
        },
    ]],
};
