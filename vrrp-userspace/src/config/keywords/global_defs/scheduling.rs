//! When the elections run.

use super::super::super::{
    draft::GlobalDraft,
    keyword::{Apply, KEEPALIVED, Keyword},
};

/// As many as the kernel's set of processors has places for here.
const LAST_PROCESSOR: usize = 1023;

const ALREADY: &str = "The elections have real-time priority from the start (`vrrp_rt_priority`).";

pub(super) const KEYWORDS: &[Keyword<GlobalDraft>] = &[
    Keyword {
        name: "vrrp_rt_priority",
        usage: "vrrp_rt_priority <0-99>",
        help: "The real-time priority of the thread that elects, and of that alone. Unless given it is 10 where the XDP program judges, so \
               that a flood does not reach the thread, and none on raw sockets; 0 is none.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            draft.global.scheduling.real_time_priority = Some(words.number(0..=99)?);
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_no_swap",
        usage: "vrrp_no_swap",
        help: "Keeps the daemon in memory, all of it.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, _| {
            draft.global.scheduling.no_swap = true;
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_cpu_affinity",
        usage: "vrrp_cpu_affinity <processor> …",
        help: "The processors, from 0 on, on which the thread that elects may run.",
        since: KEEPALIVED,
        apply: Apply::Words(|draft, words| {
            let mut processors = vec![words.number(0..=LAST_PROCESSOR)?];
            while words.peek().is_some() {
                processors.push(words.number(0..=LAST_PROCESSOR)?);
            }
            draft.global.scheduling.processors = processors;
            Ok(())
        }),
    },
    Keyword::accepted_without_effect("max_auto_priority", ALREADY),
    Keyword::accepted_without_effect("min_auto_priority_delay", ALREADY),
];
