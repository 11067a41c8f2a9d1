//! What a configuration comes to: routers by slot, scripts by index, interfaces by port.
//!
//! Pure. What is looked up on the host comes in through [`Accounts`]. A plan follows from the one before: whatever both have keeps its number,
//! so that nobody who works with numbers notices a reload that does not concern him.

mod forms;
mod terms;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    num::NonZeroU32,
};

use anyhow::{Result, bail};
use tracing::error;
use vrrp_ebpf::abi::{MAX_PEERS, MAX_PORTS, MAX_ROUTERS, MAX_VIPS, VIP_DROP_CLAIMS};

pub(super) use self::{forms::Remark, terms::Terms};
use crate::{
    config::{
        self, Config, GarpGuard, Instance, Notify, ScriptCommand, TrackScript, ValidAdverts,
        VipInstall, XdpMode,
    },
    guard::{Script, ScriptIndex},
    protocol::{
        Announcements, Family, Reach, Settings, SyncGroup, Vrid, advertisement::Template,
        reach::Circle,
    },
    system::{
        netlink::{Form, InterfaceAddress, Macvlan, Obstacles},
        notifier::NotifyScripts,
        runner::TrackedScript,
    },
    tracking::Weight,
};

/// Who runs a script: user and group by number, or `None` if there is no such account.
pub(super) type Accounts<'a> = dyn Fn(&ScriptCommand) -> Option<(u32, u32)> + 'a;

/// Numbers that no account has, and that the kernel refuses: running anything under them fails.
const NOBODY: (u32, u32) = (u32::MAX, u32::MAX);

/// Everything that is to run.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// The routers by slot.
    pub(super) routers: BTreeMap<usize, RouterPlan>,
    /// The scripts by index.
    pub(super) scripts: BTreeMap<ScriptIndex, Script>,
    /// Those of them that run again and again.
    pub(super) tracked: Vec<TrackedScript>,
    /// The interfaces that carry adverts or addresses, by port.
    pub(super) interfaces: BTreeMap<u16, InterfacePlan>,
    /// Routers that are Active together or not at all.
    pub(super) groups: Vec<GroupPlan>,
    /// What there is to say about how addresses are put in place.
    pub(super) remarks: Vec<Remark>,
    /// The index of the next script that is new. An index is never used twice: the guard may still be running what had it.
    next_script: u32,
}

/// One router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RouterPlan {
    pub(super) settings: Settings,
    pub(super) template: Template,
    pub(super) reach: Reach,
    /// Accept_Mode: whether packets to its addresses are for this host.
    pub(super) accepts: bool,
    /// The port it listens on.
    pub(super) port: u16,
    /// What it holds while Active, advertised or not.
    pub(super) addresses: Vec<InterfaceAddress>,
    /// In which form they are put in place.
    pub(super) vip_install: VipInstall,
    /// The interfaces with a virtual MAC that some of them are on.
    pub(super) macvlans: Vec<Macvlan>,
    /// The hardware address its advertisements come from, if not that of its interface.
    pub(super) speaks_as: Option<[u8; 6]>,
    pub(super) tracked: Vec<(ScriptIndex, Weight)>,
    pub(super) notify: NotifyScripts,
    pub(super) sends_mail: bool,
    /// Its own interface and those of its addresses, with what is beneath them.
    pub(super) interfaces: BTreeSet<String>,
    pub(super) drops_valid_adverts: bool,
    pub(super) garp_guard: GarpGuard,
}

impl RouterPlan {
    /// Who it is: what a reload cannot change without making it another router.
    pub(super) fn identity(&self) -> (&str, Family, Vrid, Circle) {
        let settings = &self.settings;
        let circle = self.reach.audience.circle();
        (&settings.interface, settings.family, settings.vrid, circle)
    }

    /// Whether some of its addresses are local routes.
    pub(super) fn has_routes(&self) -> bool {
        let mut all = self.addresses.iter();
        all.any(|address| address.form == Form::Route)
    }

    /// The interface with a virtual MAC of this name.
    pub(super) fn macvlan(&self, name: &str) -> Option<&Macvlan> {
        self.macvlans.iter().find(|macvlan| macvlan.name == name)
    }

    /// What is done with claims of its addresses; `None` when nobody is to look.
    pub(super) const fn vip_flags(&self) -> Option<u32> {
        match self.garp_guard {
            GarpGuard::Off => None,
            GarpGuard::Alert => Some(0),
            GarpGuard::Drop => Some(VIP_DROP_CLAIMS),
        }
    }
}

/// Routers that are Active together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupPlan {
    pub(super) group: SyncGroup,
    pub(super) notify: NotifyScripts,
    pub(super) sends_mail: bool,
}

/// One interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InterfacePlan {
    pub(super) name: String,
    /// Whether some router listens here, rather than only holding addresses.
    pub(super) carries_adverts: bool,
    pub(super) xdp_mode: XdpMode,
}

impl Plan {
    /// The plan for `config` after this one. `taken` are slots that may not be given out, since something of their last router is still there.
    pub(super) fn next(
        &self,
        config: &Config,
        accounts: &Accounts<'_>,
        taken: &BTreeSet<usize>,
        obstacles: &Obstacles,
    ) -> Self {
        let mut drawing = Drawing {
            before: self,
            plan: Self {
                next_script: self.next_script,
                ..Self::default()
            },
        };
        let mut by_name = BTreeMap::new();
        for script in &config.scripts {
            // A script that no instance tracks is dropped silently, as keepalived does.
            let is_tracked = |instance: &Instance| {
                instance
                    .track_scripts
                    .iter()
                    .any(|tracked| tracked.script == script.name)
            };
            if config.instances.iter().any(is_tracked) {
                by_name.insert(script.name.clone(), drawing.tracked(script, accounts));
            }
        }
        for instance in &config.instances {
            let router = drawing.router(config, instance, &by_name, accounts);
            let slot = drawing.slot_for(&router, taken);
            drawing.plan.routers.insert(slot, router);
        }
        for group in &config.sync_groups {
            drawing.group(config, group, accounts);
        }
        let mut plan = drawing.plan;
        forms::choose(&mut plan, self, obstacles);
        plan.remarks = forms::remarks(&plan, obstacles);
        plan
    }

    /// Whether the program's maps have room for everything.
    ///
    /// # Errors
    ///
    /// Names what there is too much of.
    pub(super) fn fits(&self) -> Result<()> {
        let addresses: usize = self
            .routers
            .values()
            .map(|router| router.addresses.len())
            .sum();
        let peers = self
            .routers
            .values()
            .map(|router| router.reach.known().len())
            .sum();
        for (count, most, what) in [
            (self.routers.len(), MAX_ROUTERS, "instances"),
            (self.interfaces.len(), MAX_PORTS, "interfaces"),
            (addresses, MAX_VIPS, "virtual addresses"),
            (peers, MAX_PEERS, "peers"),
        ] {
            if count > most {
                bail!("{count} {what} are configured, and one daemon serves {most}");
            }
        }
        // What leaves keeps its number until it is gone, so there may be too few for what comes.
        let slots = self.routers.keys().all(|slot| *slot < MAX_ROUTERS);
        let ports = self.interfaces.keys();
        if !slots || !ports.copied().all(|port| usize::from(port) < MAX_PORTS) {
            bail!("too much changes at once; take away in one reload and add in the next");
        }
        Ok(())
    }

    /// The addresses at which this host is not to be reached.
    pub(super) fn unaccepted(&self) -> BTreeSet<IpAddr> {
        let routers = self.routers.values().filter(|router| !router.accepts);
        routers
            .flat_map(|router| &router.addresses)
            .map(|address| address.address)
            .collect()
    }

    /// All addresses that come and go.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let all = self.routers.values().flat_map(|router| &router.addresses);
        all.map(|address| address.address)
    }

    /// The interfaces with a virtual MAC.
    pub(super) fn macvlans(&self) -> impl Iterator<Item = &Macvlan> {
        self.routers.values().flat_map(|router| &router.macvlans)
    }

    /// The sync group of the router in `slot`.
    pub(super) fn group_of(&self, slot: usize) -> Option<&SyncGroup> {
        let mut groups = self.groups.iter().map(|plan| &plan.group);
        groups.find(|group| group.members.contains(&slot))
    }

    /// The port of an interface.
    pub(super) fn port_of(&self, interface: &str) -> Option<u16> {
        let mut known = self.interfaces.iter();
        known
            .find(|(_, plan)| plan.name == interface)
            .map(|(port, _)| *port)
    }

    /// The tracked script of this name.
    fn tracked_by_name(&self, name: &str) -> Option<&TrackedScript> {
        self.tracked.iter().find(|script| script.name == name)
    }
}

/// A plan while it is made, and the one before.
struct Drawing<'a> {
    before: &'a Plan,
    plan: Plan,
}

impl Drawing<'_> {
    /// The slot of the router that was the same one before, or else one that nobody has.
    fn slot_for(&self, router: &RouterPlan, taken: &BTreeSet<usize>) -> usize {
        let mut before = self.before.routers.iter();
        if let Some((slot, _)) = before.find(|(_, other)| other.identity() == router.identity())
            && !self.plan.routers.contains_key(slot)
        {
            return *slot;
        }
        let is_free = |slot: &usize| {
            !self.before.routers.contains_key(slot)
                && !self.plan.routers.contains_key(slot)
                && !taken.contains(slot)
        };
        (0..).find(is_free).unwrap_or(usize::MAX)
    }

    fn tracked(&mut self, script: &TrackScript, accounts: &Accounts<'_>) -> ScriptIndex {
        // Without an account it cannot run, and a script that cannot run has failed: what it watches is not known to be well.
        let (uid, gid) = accounts(&script.command).unwrap_or(NOBODY);
        let runnable = Script {
            argv: script.command.argv.clone(),
            uid,
            gid,
        };
        // Under its own number even if two have the same command: each has its rise and fall.
        let before = self.before.tracked_by_name(&script.name);
        let same = before.filter(|known| self.before.scripts.get(&known.index) == Some(&runnable));
        let index = same.map_or_else(|| self.new_script(), |known| known.index);
        self.plan.scripts.insert(index, runnable);
        self.plan.tracked.push(tracked_script(script, index));
        index
    }

    fn router(
        &mut self,
        config: &Config,
        instance: &Instance,
        scripts: &BTreeMap<String, ScriptIndex>,
        accounts: &Accounts<'_>,
    ) -> RouterPlan {
        let port = self.interface(&instance.interface, true, instance.xdp.mode);
        let addresses = addresses(instance);
        let macvlans = macvlans(instance);
        let mut interfaces = BTreeSet::from([instance.interface.clone()]);
        for address in &addresses {
            let name = &address.interface;
            let mut on_top = macvlans.iter();
            let macvlan = on_top.find(|macvlan| macvlan.name == *name);
            // What comes in is judged beneath.
            let beneath = macvlan.map_or(name, |macvlan| &macvlan.parent);
            self.interface(beneath, false, instance.xdp.mode);
            interfaces.extend([name.clone(), beneath.clone()]);
        }
        interfaces.extend(macvlans.iter().map(|macvlan| macvlan.name.clone()));
        let tracked = instance.track_scripts.iter().filter_map(|tracked| {
            scripts
                .get(&tracked.script)
                .map(|index| (*index, tracked.weight))
        });
        RouterPlan {
            tracked: tracked.collect(),
            settings: settings(instance),
            template: Template {
                version: instance.version,
                vrid: instance.vrid,
                interval: instance.advertisement_interval,
                authentication: instance.authentication,
                sums_message_alone: instance.sums_message_alone,
                addresses: advertised(instance),
            },
            reach: instance.reach.clone(),
            accepts: instance.accept,
            port,
            addresses,
            vip_install: instance.vip_install,
            macvlans,
            speaks_as: instance.speaks_as,
            notify: self.notify_scripts(&instance.notify, accounts),
            sends_mail: config.sends_mail_for(instance),
            interfaces,
            drops_valid_adverts: instance.xdp.valid_adverts == ValidAdverts::Drop,
            garp_guard: instance.xdp.garp_guard,
        }
    }

    fn group(&mut self, config: &Config, group: &config::SyncGroup, accounts: &Accounts<'_>) {
        let routers = self.plan.routers.iter();
        let is_member = |router: &RouterPlan| group.members.contains(&router.settings.name);
        let members = routers
            .filter(|(_, router)| is_member(router))
            .map(|(slot, _)| *slot)
            .collect();
        let notify = self.notify_scripts(&group.notify, accounts);
        self.plan.groups.push(GroupPlan {
            group: SyncGroup {
                name: group.name.clone(),
                members,
            },
            notify,
            sends_mail: config.sends_mail_for_group(group),
        });
    }

    fn notify_scripts(&mut self, notify: &Notify, accounts: &Accounts<'_>) -> NotifyScripts {
        let mut number = |command: &Option<ScriptCommand>| {
            command
                .as_ref()
                .and_then(|command| self.notify_script(command, accounts))
        };
        NotifyScripts {
            active: number(&notify.master),
            backup: number(&notify.backup),
            fault: number(&notify.fault),
            stop: number(&notify.stop),
            any: number(&notify.any),
        }
    }

    fn notify_script(
        &mut self,
        command: &ScriptCommand,
        accounts: &Accounts<'_>,
    ) -> Option<ScriptIndex> {
        let Some((uid, gid)) = accounts(command) else {
            error!(
                "Unable to find the user of script `{}` - not running it",
                command.program()
            );
            return None;
        };
        let script = Script {
            argv: command.argv.clone(),
            uid,
            gid,
        };
        let known = notifies(&self.plan, &script).or_else(|| notifies(self.before, &script));
        let index = known.unwrap_or_else(|| self.new_script());
        self.plan.scripts.insert(index, script);
        Some(index)
    }

    fn new_script(&mut self) -> ScriptIndex {
        let index = ScriptIndex(self.plan.next_script);
        self.plan.next_script = self.plan.next_script.wrapping_add(1);
        index
    }

    /// The port of an interface that somebody needs.
    fn interface(&mut self, name: &str, carries_adverts: bool, xdp_mode: XdpMode) -> u16 {
        let known = self.plan.port_of(name);
        let port = known.unwrap_or_else(|| self.port_for(name));
        let plan = self
            .plan
            .interfaces
            .entry(port)
            .or_insert_with(|| InterfacePlan {
                name: name.to_owned(),
                carries_adverts,
                xdp_mode,
            });
        plan.carries_adverts |= carries_adverts;
        // One interface has one program: whoever wants it off has it off.
        if xdp_mode == XdpMode::Off || plan.xdp_mode == XdpMode::Auto {
            plan.xdp_mode = xdp_mode;
        }
        port
    }

    fn port_for(&self, name: &str) -> u16 {
        let is_free = |port: &u16| {
            !self.before.interfaces.contains_key(port) && !self.plan.interfaces.contains_key(port)
        };
        let before = self.before.port_of(name);
        before
            .or_else(|| (0..u16::MAX).find(is_free))
            .unwrap_or(u16::MAX)
    }
}

/// The number under which `plan` runs `script` as a notification.
fn notifies(plan: &Plan, script: &Script) -> Option<ScriptIndex> {
    let is_tracked = |index| plan.tracked.iter().any(|tracked| tracked.index == index);
    let mut scripts = plan.scripts.iter();
    let found = scripts.find(|(index, known)| *known == script && !is_tracked(**index));
    found.map(|(index, _)| *index)
}

fn settings(instance: &Instance) -> Settings {
    let garp = instance.garp;
    Settings {
        name: instance.name.clone(),
        interface: instance.interface.clone(),
        vrid: instance.vrid,
        version: instance.version,
        family: instance.family,
        priority: instance.priority,
        advertisement_interval: instance.advertisement_interval,
        preempt: instance.preempt,
        virtual_addresses: advertised(instance),
        announcements: Announcements {
            rounds: garp.repeat,
            again_after: (!garp.delay.is_zero()).then_some(garp.delay),
            refresh: (!garp.refresh.is_zero()).then_some(garp.refresh),
            refresh_rounds: garp.refresh_repeat,
        },
        conduct: instance.conduct,
    }
}

fn advertised(instance: &Instance) -> Vec<IpAddr> {
    let all = instance.virtual_addresses.iter();
    all.map(|address| address.address).collect()
}

fn addresses(instance: &Instance) -> Vec<InterfaceAddress> {
    let all = instance
        .virtual_addresses
        .iter()
        .chain(&instance.excluded_addresses);
    all.map(|address| {
        let interface = instance.place_of(address);
        InterfaceAddress {
            label: address.label.clone(),
            broadcast: address.broadcast,
            scope: address.scope.0,
            ..InterfaceAddress::new(interface, address.address, address.prefix_length)
        }
    })
    .collect()
}

fn macvlans(instance: &Instance) -> Vec<Macvlan> {
    let all = instance.macvlans.iter();
    all.map(|macvlan| Macvlan {
        name: macvlan.name.clone(),
        parent: macvlan.parent.clone(),
        mac: macvlan.mac,
        group: macvlan.group,
    })
    .collect()
}

fn tracked_script(script: &TrackScript, index: ScriptIndex) -> TrackedScript {
    TrackedScript {
        index,
        name: script.name.clone(),
        interval: script.interval,
        timeout: script.timeout,
        rise: NonZeroU32::new(script.rise).unwrap_or(NonZeroU32::MIN),
        fall: NonZeroU32::new(script.fall).unwrap_or(NonZeroU32::MIN),
        is_assumed_down: script.starts_failed,
    }
}
