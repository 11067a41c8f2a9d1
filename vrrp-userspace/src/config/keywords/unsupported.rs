//! Blocks that are known by their keywords but not supported yet. Reading them finds typing mistakes.

use super::super::{
    block::Block,
    interpreter::Interpreter,
    keyword::{Keyword, Table},
    words::{Problem, Words},
};

/// Looks for unknown words in a block.
pub(super) fn check(
    block: &Block,
    table: &Table<()>,
    words: &mut Words<'_>,
    interpreter: &mut Interpreter<'_>,
) {
    words.rest();
    interpreter.read(block, table, table.block, &mut ());
}

/// What to say about a block that nobody else mentions.
pub(super) fn ignored() -> Problem {
    Problem::warning("is not supported yet").now("the block is ignored")
}

pub(super) static AUTH_HMAC: Table<()> = Table {
    block: "auth_hmac",
    groups: &[&[
        Keyword::with_its_block("key"),
        Keyword::with_its_block("active_key"),
        Keyword::with_its_block("anti_replay"),
        Keyword::with_its_block("time_window"),
        Keyword::with_its_block("mode"),
    ]],
};

pub(super) static VRRP_TRACK_PROCESS: Table<()> = Table {
    block: "vrrp_track_process",
    groups: &[&[
        Keyword::with_its_block("process"),
        Keyword::with_its_block("param_match"),
        Keyword::with_its_block("full_command"),
        Keyword::with_its_block("weight"),
        Keyword::with_its_block("quorum"),
        Keyword::with_its_block("quorum_max"),
        Keyword::with_its_block("delay"),
        Keyword::with_its_block("fork_delay"),
        Keyword::with_its_block("terminate_delay"),
    ]],
};

pub(super) static TRACK_FILE: Table<()> = Table {
    block: "track_file",
    groups: &[&[
        Keyword::with_its_block("file"),
        Keyword::with_its_block("weight"),
        Keyword::with_its_block("init_file"),
    ]],
};

pub(super) static TRACK_GROUP: Table<()> = Table {
    block: "track_group",
    groups: &[&[Keyword::lines_with_its_block("group")]],
};

pub(super) static GARP_GROUP: Table<()> = Table {
    block: "garp_group",
    groups: &[&[
        Keyword::with_its_block("garp_interval"),
        Keyword::with_its_block("gna_interval"),
        Keyword::with_its_block("interface"),
        Keyword::lines_with_its_block("interfaces"),
    ]],
};

pub(super) static BFD_INSTANCE: Table<()> = Table {
    block: "bfd_instance",
    groups: &[&[
        Keyword::with_its_block("neighbor_ip"),
        Keyword::with_its_block("neighbour_ip"),
        Keyword::with_its_block("source_ip"),
        Keyword::with_its_block("min_rx"),
        Keyword::with_its_block("min_tx"),
        Keyword::with_its_block("idle_tx"),
        Keyword::with_its_block("multiplier"),
        Keyword::with_its_block("passive"),
        Keyword::with_its_block("ttl"),
        Keyword::with_its_block("hoplimit"),
        Keyword::with_its_block("max_hops"),
        Keyword::with_its_block("multihop"),
        Keyword::with_its_block("weight"),
        Keyword::with_its_block("vrrp"),
        Keyword::with_its_block("checker"),
    ]],
};
