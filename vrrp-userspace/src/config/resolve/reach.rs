//! From where an instance speaks, and to whom.

use std::net::IpAddr;

use super::{
    super::{
        diagnostic::Diagnostic,
        draft::{Located, ReachDraft},
        keyword::Refusal,
        lexer::Word,
    },
    Resolver,
};
use crate::protocol::{
    Audience, Family, Peer, Reach,
    reach::{HOP_LIMIT, MOST_PEERS},
};

impl Resolver<'_> {
    /// keepalived: what does not fit the family of the addresses is left out, and without peers the group is spoken to. Not so where peers were meant and none is
    /// left: it would speak to everybody while the others speak to each other, so it speaks to nobody and is at fault.
    pub(super) fn reach(
        &mut self,
        name: &Word,
        draft: ReachDraft,
        family: Family,
    ) -> Result<Reach, Refusal> {
        let source = draft.source.and_then(|source| self.fits(source, family));
        let group = draft.group.and_then(|group| self.fits(group, family));
        let means_peers = draft.needs_peers || draft.has_lost_peers || !draft.peers.is_empty();
        let peers = self.peers(draft.peers, family);
        let hears_peers_only = draft.hears_peers_only;
        if peers.is_empty() && means_peers && !draft.needs_peers {
            let headline = format!("`{}` has peers, and none that it can speak to", name.text);
            let diagnostic = Diagnostic::error(headline, name.span.clone());
            self.tell(diagnostic.now("it is at fault: in a group none of them would hear it"));
        }
        let audience = if peers.is_empty() && !means_peers {
            Audience::Group(
                group
                    .or(self.default_group(family))
                    .unwrap_or(family.group()),
            )
        } else {
            Audience::Peers(peers)
        };
        let listens_to = self.listens_to(draft.listens_to, &audience, family)?;
        Ok(Reach {
            source,
            audience,
            hop_limit: draft.hop_limit.unwrap_or(HOP_LIMIT),
            hears_peers_only: hears_peers_only.unwrap_or(self.global.hears_peers_only),
            listens_to,
        })
    }

    /// A list without anybody would be one of routers that all claim the addresses.
    fn listens_to(
        &mut self,
        draft: Option<Vec<Located<IpAddr>>>,
        audience: &Audience,
        family: Family,
    ) -> Result<Option<Vec<IpAddr>>, Refusal> {
        let Some(written) = draft else {
            return Ok(None);
        };
        let Some(span) = written.first().map(|first| first.span.clone()) else {
            return Ok(None);
        };
        if audience.group().is_none() {
            let headline = "`vrrp_peers` does nothing beside `unicast_peer`";
            let diagnostic = Diagnostic::warning(headline, span);
            self.tell(
                diagnostic
                    .now("it is ignored")
                    .help("write `check_unicast_src`"),
            );
            return Ok(None);
        }
        let known = written
            .into_iter()
            .filter_map(|address| self.fits(address, family));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            let headline = "`vrrp_peers` names nobody of the family of the addresses";
            return Err(self.refused(Diagnostic::error(headline, span)));
        }
        if known.len() > MOST_PEERS {
            let headline = format!("`vrrp_peers` names more than {MOST_PEERS} routers");
            return Err(self.refused(Diagnostic::error(headline, span)));
        }
        Ok(Some(known))
    }

    const fn default_group(&self, family: Family) -> Option<IpAddr> {
        match family {
            Family::Ipv4 => self.global.group_of_ipv4,
            Family::Ipv6 => self.global.group_of_ipv6,
        }
    }

    fn peers(&mut self, drafts: Vec<Located<Peer>>, family: Family) -> Vec<Peer> {
        let mut peers: Vec<Peer> = Vec::new();
        let mut first_too_many = None;
        for Located { value, span } in drafts {
            let address = Located {
                value: value.address,
                span: span.clone(),
            };
            if self.fits(address, family).is_none() {
                continue;
            }
            if peers.iter().any(|peer| peer.address == value.address) {
                let headline = format!("the peer `{}` is given twice", value.address);
                self.tell(Diagnostic::warning(headline, span).now("the first line counts"));
            } else if peers.len() == MOST_PEERS {
                first_too_many.get_or_insert(span);
            } else {
                peers.push(value);
            }
        }
        if let Some(span) = first_too_many {
            let headline = format!("there are more than {MOST_PEERS} peers");
            let diagnostic = Diagnostic::error(headline, span).label("the first that is too many");
            self.tell(diagnostic.now("it and all behind it are left out"));
        }
        peers
    }

    fn fits(&mut self, address: Located<IpAddr>, family: Family) -> Option<IpAddr> {
        let Located { value, span } = address;
        if Family::of(value) == family {
            return Some(value);
        }
        let headline = format!("`{value}` is not of the family of the addresses");
        let diagnostic = Diagnostic::error(headline, span);
        self.tell(diagnostic.now("it is ignored, as keepalived does"));
        None
    }
}
