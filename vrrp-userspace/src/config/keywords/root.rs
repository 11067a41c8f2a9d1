//! The top of a file.

use super::{
    super::{
        block::Content::Lines,
        draft::{Draft, InstanceDraft, ScriptDraft, SyncGroupDraft},
        keyword::{
            Apply,
            Consequence::{Ignored, InstanceRefused},
            KEEPALIVED, Keyword, Table,
        },
        lexer::Word,
        words::{Problem, Words},
    },
    global_defs, unsupported, vrrp_instance, vrrp_script, vrrp_sync_group,
};

pub(in super::super) static TABLE: Table<Draft> = Table {
    block: "",
    groups: &[&[
        Keyword {
            name: "global_defs",
            usage: "global_defs { … }",
            help: "What concerns the whole daemon. Several blocks add up.",
            since: KEEPALIVED,
            apply: Apply::Block(|draft, words, block, interpreter| {
                interpreter.read(block, &global_defs::TABLE, "global_defs", &mut draft.global);
                no_more(words);
                Ok(())
            }),
        },
        Keyword {
            name: "vrrp_instance",
            usage: "vrrp_instance <name> { … }",
            help: "A virtual router: addresses that one of several machines holds.",
            since: KEEPALIVED,
            apply: Apply::Block(|draft, words, block, interpreter| {
                let name = name(words)?;
                let mut instance = InstanceDraft::new(name.clone());
                let context = format!("vrrp_instance {}", name.text);
                interpreter.read(block, &vrrp_instance::TABLE, &context, &mut instance);
                if let Some(first) = draft
                    .instances
                    .iter()
                    .find(|one| one.name.text == name.text)
                {
                    return Err(defined_twice(&name, &first.name));
                }
                draft.instances.push(instance);
                Ok(())
            }),
        },
        Keyword {
            name: "vrrp_script",
            usage: "vrrp_script <name> { … }",
            help: "A check that runs again and again, for instances to track.",
            since: KEEPALIVED,
            apply: Apply::Block(|draft, words, block, interpreter| {
                let name = name(words)?;
                let mut script = ScriptDraft::new(name.clone());
                let context = format!("vrrp_script {}", name.text);
                interpreter.read(block, &vrrp_script::TABLE, &context, &mut script);
                if let Some(first) = draft.scripts.iter().find(|one| one.name.text == name.text) {
                    return Err(defined_twice(&name, &first.name));
                }
                draft.scripts.push(script);
                Ok(())
            }),
        },
        Keyword {
            name: "vrrp_sync_group",
            usage: "vrrp_sync_group <name> { group { <instance> … } … }",
            help: "Instances that are Active together or not at all.",
            since: KEEPALIVED,
            apply: Apply::Block(|draft, words, block, interpreter| {
                let name = name(words)?;
                let mut group = SyncGroupDraft::new(name.clone());
                let context = format!("vrrp_sync_group {}", name.text);
                interpreter.read(block, &vrrp_sync_group::TABLE, &context, &mut group);
                let mut known = draft.sync_groups.iter();
                if let Some(first) = known.find(|one| one.name.text == name.text) {
                    return Err(defined_twice(&name, &first.name));
                }
                draft.sync_groups.push(group);
                Ok(())
            }),
        },
        Keyword {
            name: "vrrp_track_process",
            usage: "vrrp_track_process <name> { … }",
            help: "A process whose presence is tracked. Not supported yet: instances that track it do not start.",
            since: KEEPALIVED,
            apply: Apply::Block(|_, words, block, interpreter| {
                unsupported::check(block, &unsupported::VRRP_TRACK_PROCESS, words, interpreter);
                Ok(())
            }),
        },
        Keyword {
            name: "track_file",
            usage: "track_file <name> { … }",
            help: "A file whose number is tracked. Not supported yet: instances that track it do not start.",
            since: KEEPALIVED,
            apply: Apply::Block(|_, words, block, interpreter| {
                unsupported::check(block, &unsupported::TRACK_FILE, words, interpreter);
                Ok(())
            }),
        },
        Keyword::renamed("vrrp_track_file", "track_file"),
        Keyword {
            name: "track_group",
            usage: "track_group <name> { group { <instance> … } }",
            help: "Instances that static addresses follow. Not supported yet.",
            since: KEEPALIVED,
            apply: Apply::Block(|_, words, block, interpreter| {
                unsupported::check(block, &unsupported::TRACK_GROUP, words, interpreter);
                Err(unsupported::ignored())
            }),
        },
        Keyword {
            name: "garp_group",
            usage: "garp_group { … }",
            help: "A common rate limit for gratuitous ARP on several interfaces. Not supported yet.",
            since: KEEPALIVED,
            apply: Apply::Block(|_, words, block, interpreter| {
                unsupported::check(block, &unsupported::GARP_GROUP, words, interpreter);
                Err(unsupported::ignored())
            }),
        },
        Keyword {
            name: "bfd_instance",
            usage: "bfd_instance <name> { … }",
            help: "A BFD session. Not supported yet: instances that track it do not start.",
            since: KEEPALIVED,
            apply: Apply::Block(|_, words, block, interpreter| {
                unsupported::check(block, &unsupported::BFD_INSTANCE, words, interpreter);
                Ok(())
            }),
        },
        Keyword::block_not_supported_yet(
            "static_ipaddress",
            "Addresses that are kept whatever the state.",
            Lines,
            Ignored,
        ),
        Keyword::block_not_supported_yet(
            "static_routes",
            "Routes that are kept whatever the state.",
            Lines,
            Ignored,
        ),
        Keyword::block_not_supported_yet(
            "static_rules",
            "Routing rules that are kept whatever the state.",
            Lines,
            Ignored,
        ),
        Keyword::block_not_supported_yet(
            "interface_up_down_delays",
            "How long a change of link state must last.",
            Lines,
            Ignored,
        ),
        Keyword::block_not_supported_yet(
            "linkbeat_interfaces",
            "Interfaces whose driver does not report its link.",
            Lines,
            Ignored,
        ),
        Keyword::accepted_without_effect(
            "linkbeat_use_polling",
            "Changes of a link are reported by the kernel, nobody has to ask.",
        ),
        Keyword::not_supported_yet(
            "net_namespace",
            "The network namespace the daemon runs in.",
            InstanceRefused("it would speak in the wrong network namespace"),
        ),
        Keyword::accepted_without_effect(
            "net_namespace_ipvs",
            "There is no load balancer that could use another namespace.",
        ),
        Keyword::accepted_without_effect("namespace_with_ipsets", "No ipsets are used."),
        Keyword::not_supported_yet(
            "instance",
            "The name of this daemon among several on one host.",
            Ignored,
        ),
        Keyword::not_supported_yet(
            "use_pid_dir",
            "Keeps pid files in a directory of their own.",
            Ignored,
        ),
        Keyword::accepted_without_effect(
            "child_wait_time",
            "There are no child processes that need time to end.",
        ),
        Keyword::load_balancing("virtual_server"),
        Keyword::load_balancing("virtual_server_group"),
        Keyword::load_balancing("SSL"),
    ]],
};

fn name(words: &mut Words<'_>) -> Result<Word, Problem> {
    let problem = |problem: Problem| problem.now("the block is ignored");
    let name = words.word("a name").map_err(problem)?.clone();
    no_more(words);
    Ok(name)
}

fn no_more(words: &mut Words<'_>) {
    if let Some(word) = words.rest().first() {
        let problem = Problem::warning("takes no more words").at(word, "");
        words.tell(problem.now("it is ignored, as keepalived does"));
    }
}

fn defined_twice(name: &Word, first: &Word) -> Problem {
    Problem::error(format!("{} is defined twice", name.text))
        .at(name, "second definition")
        .also(first.span.clone(), "first definition")
        .now("the second block is ignored, as keepalived does")
}
