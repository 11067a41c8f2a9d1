//! From where the router speaks, and to whom.

use super::super::{
    super::{
        draft::{InstanceDraft, Located},
        keyword::{Apply, Consequence::InstanceRefused, KEEPALIVED, Keyword, Refusal, Refuse as _},
        words::{Problem, Words},
    },
    values,
};
use crate::protocol::Peer;

pub(super) const KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Keyword {
        name: "unicast_peer",
        usage: "unicast_peer { <address> [min_ttl <0-255>] [max_ttl <0-255>] … }",
        help: "Routers to speak to one by one, instead of to a group. With `min_ttl` and `max_ttl`, what comes from one of them must have \
           a TTL between the two.",
        since: KEEPALIVED,
        apply: Apply::Lines(|instance, words| {
            let span = words.statement().clone();
            let peer = peer(words);
            instance.reach.has_lost_peers |= peer.is_err();
            let value = peer?;
            instance.reach.peers.push(Located { value, span });
            Ok(())
        }),
    },
    Keyword {
        name: "unicast_src_ip",
        usage: "unicast_src_ip <address>",
        help: "The address adverts come from; an address of the interface unless given. It must be an address of this host.",
        since: KEEPALIVED,
        apply: Apply::Words(source),
    },
    Keyword {
        name: "mcast_src_ip",
        usage: "mcast_src_ip <address>",
        help: "The address adverts come from; an address of the interface unless given. It must be an address of this host.",
        since: KEEPALIVED,
        apply: Apply::Words(source),
    },
    Keyword {
        name: "mcast_dst_ip",
        usage: "mcast_dst_ip <address>",
        help: "The group adverts go to: `vrrp_mcast_group4` or `vrrp_mcast_group6` unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            let span = words.statement().clone();
            let value = values::group(words)?;
            instance.reach.group = Some(Located { value, span });
            Ok(())
        }),
    },
    Keyword {
        name: "unicast_ttl",
        usage: "unicast_ttl <1-255>",
        help: "The TTL of adverts to `unicast_peer`s, 255 unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.reach.hop_limit = Some(words.number(1..=u8::MAX)?);
            Ok(())
        }),
    },
    Keyword {
        name: "check_unicast_src",
        usage: "check_unicast_src [on|off]",
        help: "Hears nobody but `unicast_peer`s; `vrrp_check_unicast_src` unless given.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, words| {
            instance.reach.hears_peers_only = Some(words.boolean()?);
            Ok(())
        }),
    },
    Keyword {
        name: "vrrp_peers",
        usage: "vrrp_peers { <address> … }",
        help: "The routers of this VRID by the addresses they speak from. Nobody else is heard: what strangers on the link advertise is dropped, whatever \
           it says. The node's own may be among them, so that all nodes have one list.",
        since: "xvrrpd 0.1",
        apply: Apply::Lines(|instance, words| {
            let span = words.statement().clone();
            let listens_to = instance.reach.listens_to.get_or_insert_default();
            while words.peek().is_some() {
                match values::host(words) {
                    Ok(value) => listens_to.push(Located {
                        value,
                        span: span.clone(),
                    }),
                    Err(problem) => {
                        let reason = "`vrrp_peers` cannot be read".to_owned();
                        instance.refuse(Refusal { reason, span });
                        return Err(problem.now("the instance does not start: it would not hear a router that it must hear"));
                    }
                }
            }
            Ok(())
        }),
    },
    Keyword {
        name: "unicast_fault_no_peer",
        usage: "unicast_fault_no_peer",
        help: "Is at fault without a `unicast_peer`, instead of speaking to a group.",
        since: KEEPALIVED,
        apply: Apply::Words(|instance, _| {
            instance.reach.needs_peers = true;
            Ok(())
        }),
    },
    Keyword::only_supported_as(
        "old_unicast_checksum",
        &["never"],
        "The checksum of keepalived before 1.3.7.",
        InstanceRefused("its adverts would be refused by the others"),
    ),
];

fn source(instance: &mut InstanceDraft, words: &mut Words<'_>) -> Result<(), Problem> {
    let span = words.statement().clone();
    let value = values::host(words)?;
    instance.reach.source = Some(Located { value, span });
    Ok(())
}

fn peer(words: &mut Words<'_>) -> Result<Peer, Problem> {
    let mut peer = Peer::new(values::host(words)?);
    loop {
        if words.take("min_ttl") {
            peer.least_hop_limit = words.number(0..=u8::MAX)?;
        } else if words.take("max_ttl") {
            peer.greatest_hop_limit = words.number(0..=u8::MAX)?;
        } else {
            break;
        }
    }
    if peer.least_hop_limit > peer.greatest_hop_limit {
        return Err(Problem::error("has a `min_ttl` above its `max_ttl`"));
    }
    Ok(peer)
}
