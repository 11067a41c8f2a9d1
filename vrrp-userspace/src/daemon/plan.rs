//! What a configuration comes to: routers by slot, scripts by index, interfaces by port.
//!
//! Pure. What is looked up on the host comes in through [`Accounts`].

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
};

use anyhow::{Result, bail};
use tracing::error;
use vrrp_ebpf::abi::{
    DESTINATION_MULTICAST, MAX_PORTS, MAX_ROUTERS, MAX_VIPS, ROUTER_DROP_VALID, RouterEntry,
    RouterKey, VIP_DROP_CLAIMS,
};

use crate::{
    config::{
        Config, GarpGuard, Instance, ScriptCommand, TrackScript, ValidAdverts, VirtualAddress,
        XdpMode,
    },
    guard::{Script, ScriptIndex},
    protocol::{Announcements, Settings, advertisement::Template},
    system::{netlink::InterfaceAddress, notifier::NotifyScripts, runner::TrackedScript},
    tracking::Weight,
};

/// Who runs a script: user and group by number, or `None` if there is no such account.
pub(super) type Accounts<'a> = dyn Fn(&ScriptCommand) -> Option<(u32, u32)> + 'a;

/// Numbers that no account has, and that the kernel refuses: running anything under them fails.
const NOBODY: (u32, u32) = (u32::MAX, u32::MAX);

/// Everything that is to run.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The routers; their order is their slot.
    pub(super) routers: Vec<RouterPlan>,
    /// The scripts; their order is their index.
    pub(super) scripts: Vec<Script>,
    /// Those of them that run again and again.
    pub(super) tracked: Vec<TrackedScript>,
    /// The interfaces that carry adverts or addresses; their order is their port.
    pub(super) interfaces: Vec<InterfacePlan>,
}

/// One router.
#[derive(Debug)]
pub(super) struct RouterPlan {
    pub(super) settings: Settings,
    pub(super) template: Template,
    /// The port it listens on.
    pub(super) port: u16,
    /// What it holds while Active, advertised or not.
    pub(super) addresses: Vec<InterfaceAddress>,
    pub(super) tracked: Vec<(ScriptIndex, Weight)>,
    pub(super) notify: NotifyScripts,
    pub(super) sends_mail: bool,
    /// Its own interface and those of its addresses.
    pub(super) interfaces: BTreeSet<String>,
    pub(super) drops_valid_adverts: bool,
    pub(super) garp_guard: GarpGuard,
}

impl RouterPlan {
    /// Under what its advertisements are looked up.
    pub(super) fn key(&self) -> RouterKey {
        RouterKey::ipv4(self.port, self.settings.vrid.get(), DESTINATION_MULTICAST)
    }

    /// What is checked in them, when it speaks from `own_address`.
    pub(super) fn entry(&self, slot: u32, own_address: Ipv4Addr) -> RouterEntry {
        let authentication = self.template.authentication;
        RouterEntry {
            slot,
            version: self.settings.version.number(),
            authentication_type: authentication.wire_type(),
            interval_seconds: self.template.interval_seconds(),
            flags: if self.drops_valid_adverts {
                ROUTER_DROP_VALID
            } else {
                0
            },
            authentication_data: authentication.data(),
            own_address: own_address.octets(),
        }
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

/// One interface.
#[derive(Debug)]
pub(super) struct InterfacePlan {
    pub(super) name: String,
    /// Whether some router listens here, rather than only holding addresses.
    pub(super) carries_adverts: bool,
    pub(super) xdp_mode: XdpMode,
}

impl Plan {
    /// The plan for `config`.
    pub(super) fn new(config: &Config, accounts: &Accounts<'_>) -> Self {
        let mut plan = Self::default();
        let mut by_name = BTreeMap::new();
        for script in &config.scripts {
            // A script that no instance tracks is dropped silently, as keepalived does.
            let is_tracked = |instance: &Instance| {
                instance
                    .track_scripts
                    .iter()
                    .any(|tracked| tracked.script == script.name)
            };
            if !config.instances.iter().any(is_tracked) {
                continue;
            }
            // Without an account it cannot run, and a script that cannot run has failed: what it watches is not known to be well.
            let nobody = |command: &ScriptCommand| accounts(command).or(Some(NOBODY));
            if let Some(index) = plan.add_script(&script.command, &nobody) {
                by_name.insert(script.name.clone(), index);
                plan.tracked.push(tracked_script(script, index));
            }
        }
        for instance in &config.instances {
            let router = plan.router(config, instance, &by_name, accounts);
            plan.routers.push(router);
        }
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
            .iter()
            .map(|router| router.addresses.len())
            .sum();
        for (count, most, what) in [
            (self.routers.len(), MAX_ROUTERS, "instances"),
            (self.interfaces.len(), MAX_PORTS, "interfaces"),
            (addresses, MAX_VIPS, "virtual addresses"),
        ] {
            if count > most {
                bail!("{count} {what} are configured, and one daemon serves {most}");
            }
        }
        Ok(())
    }

    /// The index of an interface, which is its port.
    pub(super) fn port_of(&self, interface: &str) -> Option<u16> {
        let index = self
            .interfaces
            .iter()
            .position(|known| known.name == interface)?;
        u16::try_from(index).ok()
    }

    fn router(
        &mut self,
        config: &Config,
        instance: &Instance,
        scripts: &BTreeMap<String, ScriptIndex>,
        accounts: &Accounts<'_>,
    ) -> RouterPlan {
        let port = self.add_interface(&instance.interface, true, instance.xdp.mode);
        let addresses = addresses(instance);
        let mut interfaces = BTreeSet::from([instance.interface.clone()]);
        for address in &addresses {
            self.add_interface(&address.interface, false, instance.xdp.mode);
            interfaces.insert(address.interface.clone());
        }
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
                addresses: advertised(instance),
            },
            port,
            addresses,
            notify: self.notify_scripts(instance, accounts),
            sends_mail: config.sends_mail_for(instance),
            interfaces,
            drops_valid_adverts: instance.xdp.valid_adverts == ValidAdverts::Drop,
            garp_guard: instance.xdp.garp_guard,
        }
    }

    fn notify_scripts(&mut self, instance: &Instance, accounts: &Accounts<'_>) -> NotifyScripts {
        let notify = &instance.notify;
        let mut add = |command: &Option<ScriptCommand>| {
            command
                .as_ref()
                .and_then(|command| self.add_script(command, accounts))
        };
        NotifyScripts {
            active: add(&notify.master),
            backup: add(&notify.backup),
            fault: add(&notify.fault),
            stop: add(&notify.stop),
            any: add(&notify.any),
        }
    }

    fn add_script(
        &mut self,
        command: &ScriptCommand,
        accounts: &Accounts<'_>,
    ) -> Option<ScriptIndex> {
        let index = u32::try_from(self.scripts.len()).ok()?;
        let Some((uid, gid)) = accounts(command) else {
            error!(
                "Unable to find the user of script `{}` - not running it",
                command.program()
            );
            return None;
        };
        self.scripts.push(Script {
            argv: command.argv.clone(),
            uid,
            gid,
        });
        Some(ScriptIndex(index))
    }

    fn add_interface(&mut self, name: &str, carries_adverts: bool, xdp_mode: XdpMode) -> u16 {
        if let Some(known) = self.interfaces.iter_mut().find(|known| known.name == name) {
            known.carries_adverts |= carries_adverts;
            // One interface has one program: whoever wants it off has it off.
            if xdp_mode == XdpMode::Off || known.xdp_mode == XdpMode::Auto {
                known.xdp_mode = xdp_mode;
            }
        } else {
            let name = name.to_owned();
            self.interfaces.push(InterfacePlan {
                name,
                carries_adverts,
                xdp_mode,
            });
        }
        self.port_of(name).unwrap_or(u16::MAX)
    }
}

fn settings(instance: &Instance) -> Settings {
    let garp = instance.garp;
    Settings {
        name: instance.name.clone(),
        interface: instance.interface.clone(),
        vrid: instance.vrid,
        version: instance.version,
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
    }
}

fn advertised(instance: &Instance) -> Vec<Ipv4Addr> {
    let ipv4 = |address: &VirtualAddress| match address.address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    };
    instance.virtual_addresses.iter().filter_map(ipv4).collect()
}

fn addresses(instance: &Instance) -> Vec<InterfaceAddress> {
    let all = instance
        .virtual_addresses
        .iter()
        .chain(&instance.excluded_addresses);
    all.map(|address| {
        let interface = address.interface.as_ref().unwrap_or(&instance.interface);
        InterfaceAddress {
            label: address.label.clone(),
            broadcast: address.broadcast,
            scope: address.scope.0,
            ..InterfaceAddress::new(interface.as_str(), address.address, address.prefix_length)
        }
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
