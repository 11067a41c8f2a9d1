//! One instance.

use std::{net::IpAddr, time::Duration};

use super::{
    super::{
        diagnostic::Diagnostic,
        draft::{
            AuthenticationDraft, AuthenticationKind, GarpDraft, InstanceDraft, Located,
            TrackedScriptDraft, XdpDraft,
        },
        keyword::Refusal,
        lexer::Word,
        model::{GarpSchedule, InitialState, Instance, TrackedScript, VirtualAddress, XdpSettings},
        number::spell,
        source::{Place, Span},
        suggestion::closest,
    },
    Resolver,
    virtual_mac::Link,
};
use crate::protocol::{
    Authentication, Conduct, Family, Priority, Version, Vrid,
    timers::{Centiseconds, SILENT_INTERVALS},
};

const SECOND: Duration = Duration::from_secs(1);

impl Resolver<'_> {
    /// A complete instance, or why there is none.
    pub(super) fn instance(&mut self, mut draft: InstanceDraft) -> Result<Instance, Refusal> {
        let vrid = self.vrid(&draft)?;
        let interface = self.interface(&draft)?;
        let family = family(&draft);
        let version = self.version(&draft, family)?;
        let is_strict = draft.strict.unwrap_or(self.global.strict);
        if is_strict {
            self.strict(&mut draft, version)?;
        }
        let track_scripts = self.track_scripts(&draft)?;
        self.track_interfaces(&draft.track_interfaces, &interface.text)?;
        let authentication = self.authentication(&draft.authentication, version)?;
        let (initial_state, priority) = self.election(&draft);
        let preempt = self.preempt(&draft, priority);
        let conduct = Conduct {
            refuses_other_lists: is_strict && version == Version::V2,
            announces_after_lower: !is_strict,
            ..self.conduct(&draft, priority, preempt)
        };
        let accept = draft.accept.as_ref().is_none_or(|accept| accept.value);
        let advertisement_interval = self.interval(draft.advertisement_interval.as_ref(), version);
        let is_unicast = !draft.reach.peers.is_empty();
        let link = Link {
            interface: &interface.text,
            vrid,
            family,
            is_unicast,
        };
        let wanted = draft.virtual_addresses;
        let mut macs = self.virtual_macs(link, &draft.virtual_mac)?;
        let virtual_addresses = macs.all(self, wanted)?;
        let excluded_addresses = macs.all(self, draft.excluded_addresses)?;
        let virtual_addresses = self.only(family, virtual_addresses);
        self.first_is_of_the_link(&virtual_addresses);
        let reach = self.reach(&draft.name, draft.reach, family)?;
        if version == Version::V3 && virtual_addresses.is_empty() {
            return Err(self.no_address(&draft.name));
        }
        Ok(Instance {
            vrid,
            version,
            family,
            reach,
            initial_state,
            priority,
            advertisement_interval,
            preempt,
            conduct,
            nopreempt_is_overruled: preempt && draft.nopreempt.is_some(),
            authentication,
            sums_message_alone: draft
                .sums_message_alone
                .unwrap_or(self.global.sums_message_alone),
            accept: accept || priority.is_address_owner(),
            virtual_addresses,
            excluded_addresses,
            speaks_as: macs.speaks_as,
            macvlans: macs.macvlans,
            track_scripts,
            notify: draft.notify,
            smtp_alert: draft.smtp_alert,
            garp: schedule(&draft.garp, &self.global.garp),
            vip_install: draft.vip_install.unwrap_or(self.global.global.vip_install),
            xdp: xdp(&draft.xdp, self.global.global.xdp),
            place: Place(draft.name.span),
            name: draft.name.text,
            interface_place: Place(interface.span),
            interface: interface.text,
        })
    }

    fn vrid(&mut self, draft: &InstanceDraft) -> Result<Vrid, Refusal> {
        let vrid = draft.vrid.as_ref().map(|vrid| vrid.value);
        vrid.ok_or_else(|| self.missing(&draft.name, "virtual_router_id"))
    }

    fn interface(&mut self, draft: &InstanceDraft) -> Result<Word, Refusal> {
        let interface = draft
            .interface
            .as_ref()
            .or(self.global.default_interface.as_ref());
        interface
            .cloned()
            .ok_or_else(|| self.missing(&draft.name, "interface"))
    }

    fn missing(&mut self, name: &Word, keyword: &str) -> Refusal {
        let headline = format!("`vrrp_instance {}` has no `{keyword}`", name.text);
        self.refused(Diagnostic::error(headline, name.span.clone()))
    }

    fn no_address(&mut self, name: &Word) -> Refusal {
        let headline = format!("`vrrp_instance {}` has no address to advertise", name.text);
        let diagnostic = Diagnostic::error(headline, name.span.clone());
        self.refused(diagnostic.help("version 3 needs one in `virtual_ipaddress`"))
    }

    fn track_scripts(&mut self, draft: &InstanceDraft) -> Result<Vec<TrackedScript>, Refusal> {
        let mut scripts: Vec<TrackedScript> = Vec::new();
        for TrackedScriptDraft { name, weight } in &draft.track_scripts {
            if self.unreadable_scripts.contains(&name.text) {
                let headline = format!("the script `{}` cannot be read", name.text);
                return Err(self.refused(Diagnostic::error(headline, name.span.clone())));
            }
            let own = self.scripts.iter().find(|script| script.name == name.text);
            let Some(own) = own.map(|script| script.weight) else {
                self.unknown_script(name);
                continue;
            };
            if scripts.iter().any(|script| script.script == name.text) {
                let headline = format!("the script `{}` is tracked twice", name.text);
                let diagnostic = Diagnostic::warning(headline, name.span.clone());
                self.tell(diagnostic.now("the first line counts"));
                continue;
            }
            let weight = weight.unwrap_or(own);
            if draft.ignores_weights && weight.value != 0 {
                self.weight_in_a_group(name);
                continue;
            }
            scripts.push(TrackedScript {
                script: name.text.clone(),
                weight,
            });
        }
        Ok(scripts)
    }

    fn weight_in_a_group(&mut self, name: &Word) {
        let headline = format!(
            "`{}` has a weight, and the instance is in a sync group",
            name.text
        );
        let diagnostic = Diagnostic::warning(headline, name.span.clone());
        self.tell(
            diagnostic
                .now("it is not tracked, as in keepalived")
                .help("write `sync_group_tracking_weight` in the group, or weight 0"),
        );
    }

    fn unknown_script(&mut self, name: &Word) {
        let names = self.scripts.iter().map(|script| script.name.as_str());
        let help = closest(&name.text, names).map(|name| format!("did you mean `{name}`?"));
        let headline = format!("there is no script `{}`", name.text);
        let mut diagnostic = Diagnostic::error(headline, name.span.clone())
            .now("it is not tracked, as in keepalived");
        diagnostic.help = help;
        self.tell(diagnostic);
    }

    /// Its own interface is tracked anyway; keepalived ignores such a line as well.
    fn track_interfaces(&mut self, tracked: &[Word], own: &str) -> Result<(), Refusal> {
        let Some(other) = tracked.iter().find(|interface| interface.text != own) else {
            return Ok(());
        };
        let headline = "tracking another interface is not supported yet";
        let diagnostic = Diagnostic::error(headline, other.span.clone())
            .now("the instance does not start: it would claim addresses when it must not");
        Err(self.refused(diagnostic))
    }

    /// keepalived: half an authentication is none.
    fn authentication(
        &mut self,
        draft: &AuthenticationDraft,
        version: Version,
    ) -> Result<Authentication, Refusal> {
        let place = draft.kind.as_ref().map(|kind| &kind.span);
        if version == Version::V3 {
            if let Some(place) = place.or(draft.password.as_ref().map(|password| &password.span)) {
                self.no_authentication_in_v3(draft, place);
            }
            return Ok(Authentication::None);
        }
        match (&draft.kind, &draft.password) {
            (None, None) => Ok(Authentication::None),
            (
                Some(Located {
                    value: AuthenticationKind::AuthenticationHeader,
                    span,
                }),
                _,
            ) => Err(self.authentication_header(span.clone())),
            (Some(_), Some(password)) => Ok(Authentication::password(&password.value)),
            (Some(Located { span, .. }), None) => {
                let diagnostic = Diagnostic::warning("there is no `auth_pass`", span.clone());
                self.tell(
                    diagnostic
                        .now(NO_AUTHENTICATION)
                        .help(ONE_STATEMENT_PER_LINE),
                );
                Ok(Authentication::None)
            }
            (None, Some(Located { span, .. })) => {
                let mut diagnostic = Diagnostic::warning("there is no `auth_type`", span.clone());
                diagnostic.primary.is_secret = true;
                self.tell(
                    diagnostic
                        .now(NO_AUTHENTICATION)
                        .help("write `auth_type PASS`"),
                );
                Ok(Authentication::None)
            }
        }
    }

    fn no_authentication_in_v3(&mut self, draft: &AuthenticationDraft, place: &Span) {
        let mut diagnostic = Diagnostic::warning("version 3 has no authentication", place.clone());
        diagnostic.primary.is_secret = draft.kind.is_none();
        self.tell(diagnostic.now("it is ignored, as keepalived does"));
    }

    fn authentication_header(&mut self, place: Span) -> Refusal {
        let diagnostic = Diagnostic::error("`auth_type AH` is not supported", place)
            .now("the instance does not start: its adverts would be refused by the others")
            .help("use `auth_type PASS` on all routers");
        self.refused(diagnostic)
    }

    /// Over IPv6 there is only version 3 (RFC 9568 §5.1.2), whatever is the default.
    fn version(&mut self, draft: &InstanceDraft, family: Family) -> Result<Version, Refusal> {
        match (family, draft.version) {
            (Family::Ipv6, Some(Version::V2)) => {
                let headline = "version 2 does not know IPv6";
                let diagnostic = Diagnostic::error(headline, draft.name.span.clone())
                    .now("the instance does not start: nobody would understand it")
                    .help("write `version 3`, or no version");
                Err(self.refused(diagnostic))
            }
            (Family::Ipv6, _) => Ok(Version::V3),
            (Family::Ipv4, own) => Ok(own.or(self.global.version).unwrap_or_default()),
        }
    }

    /// keepalived: an address of the other family is left out of the list that is advertised.
    fn only(&mut self, family: Family, addresses: Vec<VirtualAddress>) -> Vec<VirtualAddress> {
        let (kept, left_out): (Vec<_>, Vec<_>) = addresses
            .into_iter()
            .partition(|address| Family::of(address.address) == family);
        for address in left_out {
            let headline = format!("`{}` is of the other family", address.address);
            let diagnostic = Diagnostic::warning(headline, address.place.0)
                .now("it is left out, as keepalived does")
                .help("write it in `virtual_ipaddress_excluded`, or in an instance of its own");
            self.tell(diagnostic);
        }
        kept
    }

    /// RFC 9568 §5.2.9 (C057). keepalived sends it as it is, and so do we.
    fn first_is_of_the_link(&mut self, addresses: &[VirtualAddress]) {
        if let Some(first) = addresses.first()
            && let IpAddr::V6(address) = first.address
            && !address.is_unicast_link_local()
        {
            let headline = format!("the first address, `{address}`, is not link-local");
            let diagnostic = Diagnostic::warning(headline, first.place.0.clone())
                .now("it is advertised as it is, as in keepalived; others may refuse it")
                .help("write an address of fe80::/10 first: RFC 9568 demands it");
            self.tell(diagnostic);
        }
    }

    /// keepalived: who says MASTER and no priority owns the addresses, and who owns them prefers to be Active.
    fn election(&mut self, draft: &InstanceDraft) -> (InitialState, Priority) {
        let state = draft.state.as_ref();
        let says_master = state.filter(|state| state.value == InitialState::Active);
        let priority = match (draft.priority, says_master) {
            (Some(priority), _) => priority,
            (None, Some(state)) => {
                let headline = "`state MASTER` without a priority means 255";
                self.tell(
                    Diagnostic::note(headline, state.span.clone()).help("write `priority 100`"),
                );
                Priority::OWNER
            }
            (None, None) => Priority::DEFAULT,
        };
        let default = if priority.is_address_owner() {
            InitialState::Active
        } else {
            InitialState::Backup
        };
        (state.map_or(default, |state| state.value), priority)
    }

    fn preempt(&mut self, draft: &InstanceDraft, priority: Priority) -> bool {
        let Some(nopreempt) = &draft.nopreempt else {
            return true;
        };
        let master = draft
            .state
            .as_ref()
            .filter(|state| state.value == InitialState::Active);
        let diagnostic = if priority.is_address_owner() {
            Diagnostic::warning(
                "`nopreempt` does not go with priority 255",
                nopreempt.clone(),
            )
        } else if let Some(master) = master {
            Diagnostic::warning(
                "`nopreempt` does not go with `state MASTER`",
                nopreempt.clone(),
            )
            .also(master.span.clone(), "should be BACKUP, on all routers")
        } else {
            return false;
        };
        self.tell(diagnostic.now("`nopreempt` is ignored, as keepalived does"));
        true
    }

    fn conduct(&mut self, draft: &InstanceDraft, priority: Priority, preempt: bool) -> Conduct {
        let (own, global) = (&draft.conduct, &self.global.conduct);
        let is_on = |own: Option<bool>, global: Option<bool>| own.or(global).unwrap_or(false);
        let lower = is_on(own.lower_prio_no_advert, global.lower_prio_no_advert);
        let higher = is_on(own.higher_prio_send_advert, global.higher_prio_send_advert);
        let owner = is_on(own.owner_ignore_adverts, global.owner_ignore_adverts);
        let silent_intervals = own.silent_intervals.or(global.silent_intervals);
        Conduct {
            silent_intervals: silent_intervals.unwrap_or(SILENT_INTERVALS),
            preempt_delay: self.preempt_delay(draft, priority, preempt),
            answers_lower: !lower,
            answers_higher: higher,
            owner_listens: !owner,
            compares_every_list: !is_on(own.skip_check_adv_addr, global.skip_check_adv_addr),
            ..Conduct::default()
        }
    }

    /// It needs somebody who waits for somebody else to go.
    fn preempt_delay(
        &mut self,
        draft: &InstanceDraft,
        priority: Priority,
        preempt: bool,
    ) -> Duration {
        let Some(Located { value, span }) = &draft.preempt_delay else {
            return Duration::ZERO;
        };
        let state = draft.state.as_ref();
        let master = state.filter(|state| state.value == InitialState::Active);
        let because = if priority.is_address_owner() {
            "priority 255"
        } else if master.is_some() {
            "`state MASTER`"
        } else if !preempt {
            "`nopreempt`"
        } else {
            return *value;
        };
        let headline = format!("`preempt_delay` does not go with {because}");
        let diagnostic = Diagnostic::warning(headline, span.clone());
        self.tell(diagnostic.now("`preempt_delay` is ignored, as keepalived does"));
        Duration::ZERO
    }

    fn interval(&mut self, given: Option<&Located<Duration>>, version: Version) -> Duration {
        let Some(Located { value, span }) = given else {
            return SECOND;
        };
        let (carried, why) = match version {
            Version::V2 => (whole_seconds(*value), "version 2 carries whole seconds"),
            Version::V3 => (
                Duration::from(Centiseconds::nearest(*value)),
                "version 3 carries hundredths of a second, at most 40.95 s",
            ),
        };
        if carried != *value {
            let headline = format!("{} s cannot be advertised", spell(*value));
            let diagnostic = Diagnostic::warning(headline, span.clone()).label(why);
            self.tell(diagnostic.now(format!("{} s is used, as keepalived does", spell(carried))));
        }
        carried
    }
}

const NO_AUTHENTICATION: &str = "there is no authentication, as in keepalived";
const ONE_STATEMENT_PER_LINE: &str = "write `auth_pass` on a line of its own";

/// keepalived: the first address decides; without one, those it speaks from and to.
fn family(draft: &InstanceDraft) -> Family {
    let first = draft.virtual_addresses.first();
    let first = first.map(|first| first.address.address);
    let source = draft.reach.source.as_ref().map(|source| source.value);
    let peer = draft.reach.peers.first().map(|peer| peer.value.address);
    let decides = first.or(source).or(peer);
    decides.map_or_else(Family::default, Family::of)
}

/// Rounds to the nearest second that v2 can carry.
fn whole_seconds(interval: Duration) -> Duration {
    let rounded = interval + Duration::from_millis(500);
    Duration::from_secs(rounded.as_secs().clamp(1, u64::from(u8::MAX)))
}

fn schedule(own: &GarpDraft, global: &GarpDraft) -> GarpSchedule {
    let default = GarpSchedule::default();
    GarpSchedule {
        delay: own.delay.or(global.delay).unwrap_or(default.delay),
        repeat: own.repeat.or(global.repeat).unwrap_or(default.repeat),
        refresh: own.refresh.or(global.refresh).unwrap_or(default.refresh),
        refresh_repeat: own
            .refresh_repeat
            .or(global.refresh_repeat)
            .unwrap_or(default.refresh_repeat),
    }
}

fn xdp(own: &XdpDraft, global: XdpSettings) -> XdpSettings {
    XdpSettings {
        mode: own.mode.unwrap_or(global.mode),
        valid_adverts: own.valid_adverts.unwrap_or(global.valid_adverts),
        garp_guard: own.garp_guard.unwrap_or(global.garp_guard),
    }
}
