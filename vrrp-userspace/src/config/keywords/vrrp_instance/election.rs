//! Who is Active: what the router wants, and how it conducts itself in the election.

use std::time::Duration;

use super::super::{
    super::{
        draft::{InstanceDraft, Located},
        keyword::{Apply, Consequence::InstanceRefused, KEEPALIVED, Keyword},
        lexer::Word,
        model::InitialState,
        words::{Problem, Words},
    },
    values,
};
use crate::protocol::{Priority, Vrid};

/// What the file may ask for; what the wire can carry is decided when the version is known.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
const LONGEST_INTERVAL: Duration = Duration::from_secs(255);
const LONGEST_PREEMPT_DELAY: Duration = Duration::from_secs(1000);

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Keyword {
        name: "state",
        usage: "state MASTER|BACKUP",
        help: "A hint: with MASTER the router prefers to be Active, but it still listens first. It gives priority \
           255 if there is no other, and does not go with `nopreempt`.",
        since: KEEPALIVED,
        apply: Apply::Words(state),
    },
    Keyword {
        name: "virtual_router_id",
        usage: "virtual_router_id <1-255>",
        help: "The number all routers of the group have in common, and nobody else on the link.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            let span = words.remaining();
            let number = words.exact_number(1..=u8::MAX)?;
            if let (Some(value), Some(span)) = (Vrid::new(number), span) {
                instance.vrid = Some(Located { value, span });
            }
            Ok(())
        }),
    },
    Keyword {
        name: "priority",
        usage: "priority <1-255>",
        help: "The highest one is Active. 255 is for the router that owns the addresses; others use 1 to 254.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.priority = Some(Priority::DEFAULT);
            let default = |problem: Problem| {
                problem
                    .now("100 is used, as keepalived does")
                    .help("255 is for the router that owns the addresses; others use 1 to 254")
            };
            let number = words.exact_number(1..=u8::MAX).map_err(default)?;
            instance.priority = Some(Priority::new(number));
            Ok(())
        }),
    },
    Keyword {
        name: "advert_int",
        usage: "advert_int <seconds>",
        help: "From one advertisement to the next, 1 unless given. Version 2 needs whole seconds, version 3 can do \
           0.01 to 40.95.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            let span = words.remaining();
            let value = words.seconds(SHORTEST_INTERVAL..=LONGEST_INTERVAL)?;
            instance.advertisement_interval = span.map(|span| Located { value, span });
            Ok(())
        }),
    },
    Keyword {
        name: "version",
        usage: "version 2|3",
        help: "The protocol, `vrrp_version` unless given. All routers of the group need the same.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.version = Some(values::version(words)?);
            Ok(())
        }),
    },
    Keyword {
        name: "nopreempt",
        usage: "nopreempt",
        help: "Does not take over from a router of lower priority. Needs `state BACKUP`, here and on the others.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.nopreempt = Some(words.statement().clone());
            Ok(())
        }),
    },
    Keyword {
        name: "preempt",
        usage: "preempt",
        help: "Takes over from a router of lower priority, which is the default.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, _| {
            instance.nopreempt = None;
            Ok(())
        }),
    },
    Keyword {
        name: "preempt_delay",
        usage: "preempt_delay <seconds>",
        help: "How long a router of lower priority may stay Active before this one takes over, 0 to 1000; it does not go with `nopreempt`, `state MASTER` or priority 255.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            let span = words.remaining();
            let value = words.seconds(Duration::ZERO..=LONGEST_PREEMPT_DELAY)?;
            instance.preempt_delay = span.map(|span| Located { value, span });
            Ok(())
        }),
    },
    Keyword {
        name: "down_timer_adverts",
        usage: "down_timer_adverts <1-100>",
        help: "How many silent intervals mean that the Active Router is gone, 3 unless given. All routers of the group need the same.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            values::down_timer_adverts(&mut instance.conduct, words)
        }),
    },
    Keyword {
        name: "owner_ignore_adverts",
        usage: "owner_ignore_adverts [on|off]",
        help: "Whether the router that owns the addresses (priority 255) hears nobody, as RFC 9568 had it before its erratum 8298.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.conduct.owner_ignore_adverts = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "higher_prio_send_advert",
        usage: "higher_prio_send_advert [on|off]",
        help: "Whether one more advertisement leaves when a better router is heard while Active.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.conduct.higher_prio_send_advert = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "lower_prio_no_advert",
        usage: "lower_prio_no_advert [on|off]",
        help: "Whether a router of lower priority that is heard while Active is left without an answer, as in RFC 5798; RFC 9568 wants one.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.conduct.lower_prio_no_advert = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "skip_check_adv_addr",
        usage: "skip_check_adv_addr [on|off]",
        help: "Compares the addresses in an advert only when somebody else has become Active. What differs is logged in any case, and \
           refused only with `strict_mode` in version 2.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.conduct.skip_check_adv_addr = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "strict_mode",
        usage: "strict_mode [on|off]",
        help: "Keeps to the letter of the RFC: addresses are not for this host unless it owns them (no ping, no service), there is no \
           unicast and no authentication, and `state MASTER` is for the owner.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.strict = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword::not_supported_yet(
        "timer_expired_backup",
        "Gives up after it was asleep.",
        InstanceRefused("it would stay Active when it must not"),
    ),
    Keyword::renamed("thread_timer_expired", "timer_expired_backup"),
];

/// keepalived: a second, different `state` does not count.
fn state(instance: &mut InstanceDraft, words: &mut Words<'_>) -> Result<(), Problem> {
    let word: Option<Word> = words.peek().cloned();
    let now = |problem: Problem| problem.now("BACKUP is used, as keepalived does");
    let choices = [
        ("MASTER", InitialState::Active),
        ("BACKUP", InitialState::Backup),
    ];
    let value = words.choice(&choices).map_err(now)?;
    let Some(word) = word else { return Ok(()) };
    if let Some(first) = instance.state.as_ref().filter(|first| first.value != value) {
        return Err(Problem::warning("is given twice")
            .at(&word, "second")
            .also(first.span.clone(), "first")
            .now("the first one counts, as in keepalived"));
    }
    instance.state = Some(Located {
        value,
        span: word.span,
    });
    Ok(())
}
