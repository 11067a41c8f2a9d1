//! `strict_mode`: what it forbids, and what it sets otherwise.

use super::{
    super::{
        diagnostic::Diagnostic,
        draft::{InstanceDraft, Located},
        keyword::Refusal,
        model::InitialState,
        source::Span,
    },
    Resolver,
};
use crate::protocol::{Priority, Version, timers::SILENT_INTERVALS};

const AS_KEEPALIVED: &str = "it is ignored, as keepalived does";

impl Resolver<'_> {
    /// Takes out of `draft` what strict mode does not go with.
    ///
    /// # Errors
    ///
    /// What keeps the instance from starting, in keepalived too.
    pub(super) fn strict(
        &mut self,
        draft: &mut InstanceDraft,
        version: Version,
    ) -> Result<(), Refusal> {
        if let Some(peer) = draft.reach.peers.first() {
            let headline = "strict mode does not know unicast";
            return Err(self.forbidden(headline, peer.span.clone()));
        }
        let Some(first) = draft.virtual_addresses.first() else {
            let headline = format!("`{}` has no address, and is strict", draft.name.text);
            return Err(self.forbidden(&headline, draft.name.span.clone()));
        };
        if let std::net::IpAddr::V6(address) = first.address.address
            && !address.is_unicast_link_local()
        {
            let headline = format!("the first address, `{address}`, is not link-local");
            return Err(self.forbidden(&headline, first.address.place.0.clone()));
        }
        self.strict_authentication(draft);
        self.strict_election(draft);
        self.strict_accept(draft, version);
        Ok(())
    }

    fn forbidden(&mut self, headline: &str, span: Span) -> Refusal {
        let diagnostic = Diagnostic::error(headline, span);
        self.refused(diagnostic.now("the instance does not start, as in keepalived"))
    }

    fn strict_authentication(&mut self, draft: &mut InstanceDraft) {
        let kind = draft.authentication.kind.take();
        let password = draft.authentication.password.take();
        let Some(span) = kind
            .map(|kind| kind.span)
            .or(password.map(|password| password.span))
        else {
            return;
        };
        let mut diagnostic = Diagnostic::warning("strict mode does not know authentication", span);
        diagnostic.primary.is_secret = true;
        self.tell(diagnostic.now(AS_KEEPALIVED));
    }

    fn strict_election(&mut self, draft: &mut InstanceDraft) {
        let owns = draft.priority.is_none_or(Priority::is_address_owner);
        if !owns
            && let Some(state) = draft
                .state
                .take_if(|state| state.value == InitialState::Active)
        {
            let headline = "in strict mode `state MASTER` is for the address owner";
            self.tell(
                Diagnostic::warning(headline, state.span).now("it is BACKUP, as in keepalived"),
            );
        }
        if let Some(delay) = draft.preempt_delay.take() {
            let headline = "strict mode does not know `preempt_delay`";
            self.tell(Diagnostic::warning(headline, delay.span).now(AS_KEEPALIVED));
        }
        draft.conduct.silent_intervals = Some(SILENT_INTERVALS);
        draft.conduct.skip_check_adv_addr = Some(false);
    }

    fn strict_accept(&mut self, draft: &mut InstanceDraft, version: Version) {
        let owns = draft.priority.is_some_and(Priority::is_address_owner);
        match &draft.accept {
            Some(Located { value: true, span }) if version == Version::V2 && !owns => {
                let headline = "in strict mode version 2 does not know `accept`";
                let diagnostic = Diagnostic::warning(headline, span.clone());
                self.tell(diagnostic.now(AS_KEEPALIVED));
                draft.accept = None;
            }
            None if !owns => {
                let headline = "strict mode makes the addresses unreachable on this host";
                let remedy = if version == Version::V2 {
                    "leave strict mode out, or HAProxy, NGINX and ping are not answered at these addresses"
                } else {
                    "write `accept`, or HAProxy, NGINX and ping are not answered at these addresses"
                };
                let diagnostic = Diagnostic::warning(headline, draft.name.span.clone());
                self.tell(
                    diagnostic
                        .now("packets to them are dropped, as in keepalived")
                        .help(remedy),
                );
            }
            Some(_) | None => {}
        }
        if draft.accept.is_none() {
            let span = draft.name.span.clone();
            draft.accept = Some(Located { value: false, span });
        }
    }
}
