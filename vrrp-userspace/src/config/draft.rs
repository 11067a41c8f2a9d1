//! A configuration while it is being read: what was written, before defaults and before one thing is compared with
//! another.

use std::{net::IpAddr, time::Duration};

use super::{
    keyword::{Refusal, Refuse},
    lexer::Word,
    model::{
        Account, GarpGuard, Global, InitialState, Notify, ScriptCommand, ValidAdverts, VipInstall,
        VirtualAddress, Weight, XdpMode,
    },
    source::Span,
};
use crate::protocol::{Peer, Priority, Version, Vrid};

/// A value and where it was written.
#[derive(Debug, Clone)]
pub(super) struct Located<V> {
    pub(super) value: V,
    pub(super) span: Span,
}

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) global: GlobalDraft,
    pub(super) scripts: Vec<ScriptDraft>,
    pub(super) instances: Vec<InstanceDraft>,
    pub(super) sync_groups: Vec<SyncGroupDraft>,
    pub(super) refusal: Option<Refusal>,
}

impl Refuse for Draft {
    const OUTCOME: &'static str = "no instance starts";

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }
}

/// `global_defs`
#[derive(Debug, Default)]
pub(super) struct GlobalDraft {
    pub(super) global: Global,
    pub(super) version: Option<Version>,
    pub(super) garp: GarpDraft,
    pub(super) conduct: ConductDraft,
    pub(super) default_interface: Option<Word>,
    pub(super) group_of_ipv4: Option<IpAddr>,
    pub(super) group_of_ipv6: Option<IpAddr>,
    pub(super) hears_peers_only: bool,
    pub(super) strict: bool,
    pub(super) sums_message_alone: bool,
    pub(super) macvlan_prefix: Option<String>,
    pub(super) address_macvlan_prefix: Option<String>,
    pub(super) refusal: Option<Refusal>,
}

impl Refuse for GlobalDraft {
    const OUTCOME: &'static str = "no instance starts";

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }
}

/// `vrrp_script`
#[derive(Debug)]
pub(super) struct ScriptDraft {
    pub(super) name: Word,
    pub(super) command: Option<ScriptCommand>,
    pub(super) account: Option<Account>,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) weight: Weight,
    pub(super) rise: u32,
    pub(super) fall: u32,
    pub(super) starts_failed: bool,
    /// Something in it could not be read, so that it would not do what it should.
    pub(super) refusal: Option<Refusal>,
}

impl ScriptDraft {
    pub(super) fn new(name: Word) -> Self {
        Self {
            name,
            command: None,
            account: None,
            interval: Duration::from_secs(1),
            timeout: Duration::ZERO,
            weight: Weight::default(),
            rise: 1,
            fall: 1,
            starts_failed: false,
            refusal: None,
        }
    }
}

impl Refuse for ScriptDraft {
    const OUTCOME: &'static str = "instances that track the script do not start";

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }
}

/// `vrrp_instance`
#[derive(Debug)]
pub(super) struct InstanceDraft {
    pub(super) name: Word,
    pub(super) state: Option<Located<InitialState>>,
    pub(super) interface: Option<Word>,
    pub(super) vrid: Option<Located<Vrid>>,
    pub(super) priority: Option<Priority>,
    pub(super) advertisement_interval: Option<Located<Duration>>,
    pub(super) nopreempt: Option<Span>,
    pub(super) preempt_delay: Option<Located<Duration>>,
    pub(super) conduct: ConductDraft,
    pub(super) version: Option<Version>,
    pub(super) strict: Option<bool>,
    pub(super) accept: Option<Located<bool>>,
    pub(super) sums_message_alone: Option<bool>,
    pub(super) reach: ReachDraft,
    pub(super) authentication: AuthenticationDraft,
    pub(super) virtual_addresses: Vec<AddressDraft>,
    pub(super) excluded_addresses: Vec<AddressDraft>,
    pub(super) virtual_mac: VirtualMacDraft,
    pub(super) track_scripts: Vec<TrackedScriptDraft>,
    pub(super) track_interfaces: Vec<Word>,
    /// A member of a sync group without `sync_group_tracking_weight`.
    pub(super) ignores_weights: bool,
    pub(super) notify: Notify,
    pub(super) smtp_alert: Option<bool>,
    pub(super) garp: GarpDraft,
    pub(super) vip_install: Option<VipInstall>,
    pub(super) xdp: XdpDraft,
    pub(super) refusal: Option<Refusal>,
}

impl InstanceDraft {
    pub(super) fn new(name: Word) -> Self {
        Self {
            name,
            state: None,
            interface: None,
            vrid: None,
            priority: None,
            advertisement_interval: None,
            nopreempt: None,
            preempt_delay: None,
            conduct: ConductDraft::default(),
            version: None,
            strict: None,
            accept: None,
            sums_message_alone: None,
            reach: ReachDraft::default(),
            authentication: AuthenticationDraft::default(),
            virtual_addresses: Vec::new(),
            excluded_addresses: Vec::new(),
            virtual_mac: VirtualMacDraft::default(),
            track_scripts: Vec::new(),
            track_interfaces: Vec::new(),
            ignores_weights: false,
            notify: Notify::default(),
            smtp_alert: None,
            garp: GarpDraft::default(),
            vip_install: None,
            xdp: XdpDraft::default(),
            refusal: None,
        }
    }
}

impl Refuse for InstanceDraft {
    const OUTCOME: &'static str = "the instance does not start";

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }
}

/// A line of `virtual_ipaddress`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AddressDraft {
    pub(super) address: VirtualAddress,
    /// `use_vmac`, for this address alone.
    pub(super) macvlan: Option<MacvlanDraft>,
}

/// What is to have a virtual MAC.
#[derive(Debug, Default)]
pub(super) struct VirtualMacDraft {
    /// `use_vmac`: what the instance sends, and its addresses.
    pub(super) macvlan: Option<MacvlanDraft>,
    /// `use_vmac_addr`: addresses on other interfaces.
    pub(super) covers_other_interfaces: bool,
    /// `vmac_xmit_base`: advertisements come from the interface itself.
    pub(super) speaks_from_beneath: bool,
}

/// `use_vmac` and what is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MacvlanDraft {
    pub(super) name: Option<Word>,
    pub(super) mac: Option<MacDraft>,
    pub(super) group: Option<u32>,
    pub(super) span: Span,
}

/// A hardware address as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MacDraft {
    Whole([u8; 6]),
    /// The VRID is its end.
    Beginning([u8; 5]),
}

/// `authentication`
#[derive(Debug, Default)]
pub(super) struct AuthenticationDraft {
    pub(super) kind: Option<Located<AuthenticationKind>>,
    pub(super) password: Option<Located<String>>,
    pub(super) refusal: Option<Refusal>,
}

impl Refuse for AuthenticationDraft {
    const OUTCOME: &'static str = InstanceDraft::OUTCOME;

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthenticationKind {
    Password,
    AuthenticationHeader,
}

/// A line of `track_script`
#[derive(Debug, Clone)]
pub(super) struct TrackedScriptDraft {
    pub(super) name: Word,
    /// The script's own if absent.
    pub(super) weight: Option<Weight>,
}

/// The `garp_master_*` keywords, of an instance or of all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GarpDraft {
    pub(super) delay: Option<Duration>,
    pub(super) repeat: Option<u32>,
    pub(super) refresh: Option<Duration>,
    pub(super) refresh_repeat: Option<u32>,
}

/// How to conduct oneself in the election, of an instance or of all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ConductDraft {
    pub(super) silent_intervals: Option<u32>,
    pub(super) lower_prio_no_advert: Option<bool>,
    pub(super) higher_prio_send_advert: Option<bool>,
    pub(super) owner_ignore_adverts: Option<bool>,
    pub(super) skip_check_adv_addr: Option<bool>,
}

/// From where an instance speaks, and to whom.
#[derive(Debug, Default)]
pub(super) struct ReachDraft {
    pub(super) source: Option<Located<IpAddr>>,
    pub(super) group: Option<Located<IpAddr>>,
    pub(super) peers: Vec<Located<Peer>>,
    /// There is a peer that could not be read.
    pub(super) has_lost_peers: bool,
    pub(super) hop_limit: Option<u8>,
    pub(super) hears_peers_only: Option<bool>,
    /// `vrrp_peers`, once there is one.
    pub(super) listens_to: Option<Vec<Located<IpAddr>>>,
    /// Without a peer it is at fault, rather than speaking to a group.
    pub(super) needs_peers: bool,
}

/// The `xdp_*` keywords of an instance.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct XdpDraft {
    pub(super) mode: Option<XdpMode>,
    pub(super) valid_adverts: Option<ValidAdverts>,
    pub(super) garp_guard: Option<GarpGuard>,
}

/// `vrrp_sync_group`
#[derive(Debug)]
pub(super) struct SyncGroupDraft {
    pub(super) name: Word,
    pub(super) members: Vec<Word>,
    pub(super) track_scripts: Vec<TrackedScriptDraft>,
    pub(super) notify: Notify,
    pub(super) smtp_alert: Option<bool>,
    /// Members may track with weights.
    pub(super) allows_weights: bool,
    /// Something in it could not be read, so that it would not do what it should.
    pub(super) refusal: Option<Refusal>,
}

impl SyncGroupDraft {
    pub(super) fn new(name: Word) -> Self {
        Self {
            name,
            members: Vec::new(),
            track_scripts: Vec::new(),
            notify: Notify::default(),
            smtp_alert: None,
            allows_weights: false,
            refusal: None,
        }
    }
}

impl Refuse for SyncGroupDraft {
    const OUTCOME: &'static str = "its members do not start";

    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }
}
