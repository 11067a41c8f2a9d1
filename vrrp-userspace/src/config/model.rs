//! What a configuration means: plain data, complete, with every default filled in.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use super::source::{Place, Span};
use crate::protocol::{Authentication, Conduct, Family, Priority, Reach, Version, Vrid};
pub use crate::tracking::Weight;

/// Everything a file asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// What concerns no instance in particular.
    pub global: Global,
    /// The scripts that can be tracked.
    pub scripts: Vec<TrackScript>,
    /// The instances that may start.
    pub instances: Vec<Instance>,
    /// The instances that may not.
    pub refused: Vec<RefusedInstance>,
    /// Instances that are Active together or not at all.
    pub sync_groups: Vec<SyncGroup>,
}

impl Config {
    /// The script of this name.
    #[must_use]
    pub fn script(&self, name: &str) -> Option<&TrackScript> {
        self.scripts.iter().find(|script| script.name == name)
    }

    /// Whether the transitions of `instance` are told by mail.
    #[must_use]
    pub fn sends_mail_for(&self, instance: &Instance) -> bool {
        let default = self.global.smtp_alert_vrrp.or(self.global.smtp_alert);
        instance.smtp_alert.or(default).unwrap_or(false)
    }

    /// Whether the transitions of `group` are told by mail.
    #[must_use]
    pub fn sends_mail_for_group(&self, group: &SyncGroup) -> bool {
        let default = self.global.smtp_alert_vrrp.or(self.global.smtp_alert);
        group.smtp_alert.or(default).unwrap_or(false)
    }

    /// Every script that is run at a transition.
    pub fn notify_commands(&self) -> impl Iterator<Item = &ScriptCommand> {
        let instances = self.instances.iter().map(|instance| &instance.notify);
        let groups = self.sync_groups.iter().map(|group| &group.notify);
        instances.chain(groups).flat_map(Notify::commands)
    }
}

/// Instances that are Active together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncGroup {
    /// Its configured name.
    pub name: String,
    /// The names of its members; each may start, and is in no other group.
    pub members: Vec<String>,
    /// What to run when all of them have changed.
    pub notify: Notify,
    /// Whether to mail then; see [`Config::sends_mail_for_group`].
    pub smtp_alert: Option<bool>,
}

/// Settings of the whole daemon.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Global {
    /// How this router calls itself in mails; the host name if absent.
    pub router_id: Option<String>,
    /// Whom to tell, and by which server.
    pub mail: Mail,
    /// Whether mails are sent where an instance does not say.
    pub smtp_alert: Option<bool>,
    /// The same for VRRP alone; goes before `smtp_alert`.
    pub smtp_alert_vrrp: Option<bool>,
    /// Who runs scripts that do not say.
    pub script_user: Option<Account>,
    /// Whether scripts run as root must be in nobody else's reach.
    pub script_security: bool,
    /// When the elections run.
    pub scheduling: Scheduling,
    /// How addresses are put in place where an instance does not say.
    pub vip_install: VipInstall,
    /// How packets are judged where an instance does not say.
    pub xdp: XdpSettings,
    /// Whose members may ask the running daemon; `xvrrpd` if absent and there is such a group.
    pub control_group: Option<ControlGroup>,
    /// Where metrics are to be had; nowhere if absent.
    pub metrics_listen: Option<SocketAddr>,
    /// `vrrp_startup_delay`: no instance takes part before so long after the start.
    pub startup_delay: Duration,
    /// `vrrp_delay_after_boot`: nor before so long after the host was started.
    pub delay_after_boot: Duration,
}

/// A group of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGroup {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
}

/// E-mail on transitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The receivers.
    pub to: Vec<String>,
    /// The sender; the daemon's user at this host if absent.
    pub from: Option<String>,
    /// Without a server no mail is sent.
    pub server: Option<MailServer>,
    /// How long to wait for the server.
    pub connect_timeout: Duration,
    /// How to greet the server; the host name if absent.
    pub helo_name: Option<String>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            to: Vec::new(),
            from: None,
            server: None,
            connect_timeout: Duration::from_secs(30),
            helo_name: None,
        }
    }
}

/// Where mails go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// A name or an address.
    pub host: String,
    /// 25 unless given.
    pub port: u16,
}

/// Who runs a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name of a user.
    pub user: String,
    /// The name of a group; the user's own if absent.
    pub group: Option<String>,
}

/// A command without a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptCommand {
    /// The program and its arguments; never empty.
    pub argv: Vec<String>,
    /// Who runs it, if not the default account.
    pub user: Option<String>,
    /// With which group.
    pub group: Option<String>,
    /// Where it is written.
    pub place: Place,
}

impl ScriptCommand {
    /// The program, as written.
    #[must_use]
    pub fn program(&self) -> &str {
        self.argv.first().map_or("", String::as_str)
    }
}

/// A check that runs again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackScript {
    /// How instances refer to it.
    pub name: String,
    /// Exit status 0 is good.
    pub command: ScriptCommand,
    /// From one start to the next.
    pub interval: Duration,
    /// After this it is killed and has failed.
    pub timeout: Duration,
    /// What it weighs where an instance does not say.
    pub weight: Weight,
    /// So many good results in a row make it good.
    pub rise: u32,
    /// So many bad results in a row make it bad.
    pub fall: u32,
    /// Whether it counts as failed before its first result.
    pub starts_failed: bool,
}

/// A script that an instance tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedScript {
    /// Its name; it exists.
    pub script: String,
    /// What it weighs here.
    pub weight: Weight,
}

/// What `state` asks for; only a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitialState {
    /// `state MASTER`
    Active,
    /// `state BACKUP`
    Backup,
}

/// A virtual router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its configured name.
    pub name: String,
    /// Where it speaks.
    pub interface: String,
    /// Its number on that link.
    pub vrid: Vrid,
    /// Which protocol it speaks.
    pub version: Version,
    /// Over which it speaks: that of the first address.
    pub family: Family,
    /// From where it speaks, and to whom.
    pub reach: Reach,
    /// What `state` says, or what follows from the priority.
    pub initial_state: InitialState,
    /// 1 to 255.
    pub priority: Priority,
    /// Already as the wire can carry it.
    pub advertisement_interval: Duration,
    /// Whether it takes over from a router of lower priority.
    pub preempt: bool,
    /// What else keepalived lets one choose about the election.
    pub conduct: Conduct,
    /// `nopreempt` is written and has no effect, because of `state MASTER` or priority 255.
    pub nopreempt_is_overruled: bool,
    /// v2 only.
    pub authentication: Authentication,
    /// v3 over IPv4: the checksum covers the message alone (RFC 9568 §5.2.8), and not a pseudo-header too (RFC 5798 §5.2.8).
    pub sums_message_alone: bool,
    /// Accept_Mode (RFC 9568 §6.1): whether packets to its addresses are for this host. Always for the address owner.
    pub accept: bool,
    /// The addresses in its advertisements, in their order; at most 255.
    pub virtual_addresses: Vec<VirtualAddress>,
    /// Addresses that come and go with them but are not advertised.
    pub excluded_addresses: Vec<VirtualAddress>,
    /// The interfaces with a virtual MAC that it needs.
    pub macvlans: Vec<Macvlan>,
    /// The hardware address its advertisements come from, if that is not the one of its interface (RFC 9568 §7.2).
    pub speaks_as: Option<[u8; 6]>,
    /// What can take it down or change its priority.
    pub track_scripts: Vec<TrackedScript>,
    /// What to run at transitions.
    pub notify: Notify,
    /// Whether to mail at transitions; see [`Config::sends_mail_for`].
    pub smtp_alert: Option<bool>,
    /// When to announce addresses.
    pub garp: GarpSchedule,
    /// How addresses are put in place.
    pub vip_install: VipInstall,
    /// How packets are judged.
    pub xdp: XdpSettings,
    /// Where its name is written.
    pub place: Place,
    /// Where its interface is written.
    pub interface_place: Place,
}

impl Instance {
    /// The interface that an address of it is installed on.
    #[must_use]
    pub fn place_of<'a>(&'a self, address: &'a VirtualAddress) -> &'a str {
        let beneath = address.interface.as_ref().unwrap_or(&self.interface);
        let mut macvlans = self.macvlans.iter();
        let macvlan = macvlans.find(|one| one.parent == *beneath && Some(one.mac) == address.mac);
        macvlan.map_or(beneath, |macvlan| &macvlan.name)
    }
}

/// An interface with a hardware address of its own on top of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Macvlan {
    /// Its name; at most 15 bytes.
    pub name: String,
    /// The interface beneath.
    pub parent: String,
    /// Its hardware address.
    pub mac: [u8; 6],
    /// The kernel's number for the group of links it belongs to; that of the interface beneath if absent.
    pub group: Option<u32>,
}

/// An instance that may not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedInstance {
    /// Its configured name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// The word that is to blame.
    pub span: Span,
}

/// An address that follows the Active Router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualAddress {
    /// The address.
    pub address: IpAddr,
    /// The length of its prefix; 32 unless given.
    pub prefix_length: u8,
    /// Where it is installed, if not on the instance's interface.
    pub interface: Option<String>,
    /// The hardware address it has there, if that is not the one of the interface: it is on a [`Macvlan`] then.
    pub mac: Option<[u8; 6]>,
    /// An alias such as `eth0:1`; at most 15 bytes.
    pub label: Option<String>,
    /// None unless given.
    pub broadcast: Option<Ipv4Addr>,
    /// The kernel's number for the scope; global unless given.
    pub scope: Scope,
    /// Where it is written.
    pub place: Place,
}

/// How far an address is valid, as the kernel counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope(pub u8);

/// Scripts that run at transitions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notify {
    /// On becoming Active.
    pub master: Option<ScriptCommand>,
    /// On becoming Backup.
    pub backup: Option<ScriptCommand>,
    /// On a fault.
    pub fault: Option<ScriptCommand>,
    /// On stopping.
    pub stop: Option<ScriptCommand>,
    /// On all of them, with four more arguments.
    pub any: Option<ScriptCommand>,
}

impl Notify {
    /// All scripts there are.
    pub fn commands(&self) -> impl Iterator<Item = &ScriptCommand> {
        [
            &self.master,
            &self.backup,
            &self.fault,
            &self.stop,
            &self.any,
        ]
        .into_iter()
        .flatten()
    }
}

/// When gratuitous ARP is sent for the addresses of an Active Router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GarpSchedule {
    /// From the first burst to the second; zero means no second burst.
    pub delay: Duration,
    /// Announcements of each address in a burst.
    pub repeat: u32,
    /// From one refresh to the next; zero means none.
    pub refresh: Duration,
    /// Announcements of each address in a refresh.
    pub refresh_repeat: u32,
}

impl Default for GarpSchedule {
    fn default() -> Self {
        let (delay, refresh) = (Duration::from_secs(5), Duration::ZERO);
        Self {
            delay,
            repeat: 5,
            refresh,
            refresh_repeat: 1,
        }
    }
}

/// When the elections run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scheduling {
    /// `vrrp_rt_priority`; 0 is none.
    pub real_time_priority: Option<u8>,
    /// `vrrp_no_swap`
    pub no_swap: bool,
    /// `vrrp_cpu_affinity`; all if there are none.
    pub processors: Vec<usize>,
}

/// `vip_install`: how virtual addresses are put in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VipInstall {
    /// As addresses of their interface up to a number, and as local routes beyond it.
    #[default]
    Auto,
    /// As addresses of their interface.
    Address,
    /// As local routes, those apart that must be addresses.
    Route,
}

/// How the kernel judges the packets of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct XdpSettings {
    /// `xdp_mode`
    pub mode: XdpMode,
    /// `xdp_valid_adverts`
    pub valid_adverts: ValidAdverts,
    /// `xdp_garp_guard`
    pub garp_guard: GarpGuard,
}

/// How the XDP program is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum XdpMode {
    /// Native where the driver supports it, else generic.
    #[default]
    Auto,
    /// Native or not at all.
    Native,
    /// Generic.
    Generic,
    /// Not at all; a raw socket hears everything.
    Off,
}

/// What becomes of an advertisement that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValidAdverts {
    /// It goes on, so that others can watch it.
    #[default]
    Pass,
    /// It ends in the kernel program.
    Drop,
}

/// What becomes of ARP in which somebody else claims our addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GarpGuard {
    /// It is told, and goes on.
    #[default]
    Alert,
    /// It is told, and ends in the kernel program.
    Drop,
    /// Nobody looks at it.
    Off,
}
