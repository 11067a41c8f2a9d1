//! `vrrp_script`: a check that runs again and again.

use std::time::Duration;

use super::{
    super::{
        draft::ScriptDraft,
        keyword::{Apply, KEEPALIVED, Keyword, Table},
        script,
    },
    values,
};

/// keepalived's greatest interval: what fits its counter of microseconds.
const LONGEST_INTERVAL: Duration = Duration::from_secs(4294);

pub(super) static TABLE: Table<ScriptDraft> = Table {
    block: "vrrp_script",
    groups: &[&[
        Keyword {
            name: "script",
            usage: "script \"<command>\" [<user> [<group>]]",
            help: "What to run; exit status 0 is good. Arguments stand inside the quotes.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.command = Some(script::command(words)?);
                Ok(())
            }),
        },
        Keyword {
            name: "interval",
            usage: "interval <seconds>",
            help: "From one start to the next, 1 unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                let interval = words.seconds(Duration::ZERO..=LONGEST_INTERVAL)?;
                draft.interval = at_least_something(interval);
                Ok(())
            }),
        },
        Keyword {
            name: "timeout",
            usage: "timeout <seconds>",
            help: "After this the script is killed and has failed; the interval unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.timeout = words.seconds(Duration::ZERO..=LONGEST_INTERVAL)?;
                Ok(())
            }),
        },
        Keyword {
            name: "weight",
            usage: "weight <number> [reverse]",
            help: "What it does to a priority: a positive weight is added while the script succeeds, a negative \
                   one while it fails. With 0 a failure is a fault.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.weight = values::weight(words)?;
                Ok(())
            }),
        },
        Keyword {
            name: "rise",
            usage: "rise <count>",
            help: "So many good results in a row make it good, 1 unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.rise = words.number(1..=MOST_RESULTS)?;
                Ok(())
            }),
        },
        Keyword {
            name: "fall",
            usage: "fall <count>",
            help: "So many bad results in a row make it bad, 1 unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.fall = words.number(1..=MOST_RESULTS)?;
                Ok(())
            }),
        },
        Keyword {
            name: "user",
            usage: "user <user> [<group>]",
            help: "Who runs it, the `script_user` unless given.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, words| {
                draft.account = Some(script::account(words)?);
                Ok(())
            }),
        },
        Keyword {
            name: "init_fail",
            usage: "init_fail",
            help: "Counts as failed until its first result.",
            since: KEEPALIVED,
            apply: Apply::Words(|draft, _| {
                draft.starts_failed = true;
                Ok(())
            }),
        },
    ]],
};

const MOST_RESULTS: u32 = i32::MAX.unsigned_abs();

/// keepalived: an interval of zero is one second.
const fn at_least_something(interval: Duration) -> Duration {
    if interval.is_zero() {
        Duration::from_secs(1)
    } else {
        interval
    }
}
