//! The program on the interfaces: put there, found gone, and put back.

use std::sync::{Mutex, PoisonError};

use tokio::task::spawn_blocking;
use tracing::{info, warn};
use vrrp_ebpf::abi::{self, VIP_DROP_CLAIMS};

use super::{
    Network,
    carrier::CarrierChange,
    describe,
    standing::{Attached, Standing},
};
use crate::{
    config::XdpMode,
    daemon::{
        election::inbox::Input,
        plan::{InterfacePlan, Plan},
    },
    protocol::{Monotonic, time::Seconds},
    system::{
        clock,
        datapath::{AttachError, Attachment, Datapath, Interface},
        netlink::Link,
    },
};

/// Why there is no program when nobody wanted it at the start.
pub(in crate::daemon) const NOT_LOADED: &str = "the XDP program was not loaded, since `xdp_mode` was off on every interface at the start; a restart loads it";

/// What became of the program on an interface, from those who may wait for it.
pub(in crate::daemon) enum ProgramNews {
    /// Somebody has taken it off.
    Gone {
        /// Our number of the interface.
        port: u16,
        /// The kernel's.
        index: u32,
        /// When it was still there.
        last_seen: Monotonic,
    },
    /// It was to be put back.
    Tried {
        /// The interface.
        interface: Interface,
        /// Whether that worked.
        outcome: Result<Attachment, AttachError>,
    },
}

impl Network {
    /// Attaches the program for the first time, before anything happens on the interface.
    pub(super) fn attach(
        &mut self,
        plan: &InterfacePlan,
        link: &Link,
        port: abi::Port,
    ) -> Standing {
        if link.loopback {
            return Standing::Without("there is nobody to hear on the loopback interface".into());
        }
        let Some((datapath, publisher)) = &mut self.program else {
            self.say_what_is_missing(&link.name, port.number);
            return Standing::Without(self.why_not_here(plan));
        };
        let interface = Interface {
            name: link.name.clone(),
            index: link.index,
        };
        let attached = publisher
            .set_port(link.index, port)
            .map_err(|error| AttachError::Other(error.to_string()))
            .and_then(|()| attach(datapath, &interface, plan.xdp_mode));
        match attached {
            Ok(attachment) => {
                let how = how(&attachment);
                self.attached(port.number, attachment, "attached", port.flags);
                Standing::Attached(how)
            }
            Err(error) => {
                log_refused(&link.name, &error);
                self.say_what_is_missing(&link.name, port.number);
                Standing::refused(&error, clock::now())
            }
        }
    }

    /// Why there is no program on this interface although nothing was tried. That nobody can have it was said at the start; that somebody came
    /// too late for it is said here.
    fn why_not_here(&self, plan: &InterfacePlan) -> String {
        if plan.xdp_mode == XdpMode::Off {
            return AttachError::Off.to_string();
        }
        if self.why_without == NOT_LOADED {
            warn!(
                "XDP on {}: {NOT_LOADED}; listening on raw sockets",
                plan.name
            );
        }
        self.why_without.clone()
    }

    /// Takes in what became of a program.
    pub(in crate::daemon) async fn program_news(&mut self, news: ProgramNews) {
        match news {
            ProgramNews::Gone {
                port,
                index,
                last_seen,
            } => self.gone(port, index, last_seen).await,
            ProgramNews::Tried { interface, outcome } => match outcome {
                Ok(attachment) => self.is_back(attachment).await,
                Err(error) => self.refused_again(&interface, &error),
            },
        }
    }

    /// When [`Self::do_chores`] has something to do.
    pub(in crate::daemon) fn next_chore(&self) -> Option<Monotonic> {
        let tries = self.known.values().map(|known| known.standing.next_try());
        tries.chain([self.carrier.deadline()]).flatten().min()
    }

    /// Begins the tries that are due, and returns the interfaces that have to be called down.
    pub(in crate::daemon) async fn do_chores(&mut self, plan: &Plan) -> Vec<String> {
        let now = clock::now();
        let mut due = Vec::new();
        for (name, known) in &mut self.known {
            if known.standing.begin_try(now) {
                due.push(name.clone());
            }
        }
        for name in due {
            self.begin_try(plan, &name).await;
        }
        let given_up = self.carrier.given_up(now);
        for name in &given_up {
            // From here on it is an interface that is down, and no longer one whose silence means nothing.
            if let Some(known) = self.known.get(name) {
                let (port, is_deaf) = (known.port.number, false);
                self.outlets.election.send(Input::Deaf { port, is_deaf });
            }
        }
        given_up
    }

    /// A change of carrier: `true` if the observer is to know. One that we brought about ourselves only makes us deaf for a while.
    pub(in crate::daemon) fn carrier_changed(&mut self, link: &Link) -> bool {
        if !link.enabled {
            return true;
        }
        let change = self.carrier.changed(&link.name, link.up, clock::now());
        let port = self.known.get(&link.name).map(|known| known.port.number);
        let name = &link.name;
        let is_deaf = match change {
            CarrierChange::Real => return true,
            CarrierChange::LostByUs => true,
            CarrierChange::Back => false,
        };
        if is_deaf {
            warn!(
                "XDP on {name}: attaching the program has cost the interface its carrier; nothing changes if it is back within seconds"
            );
        } else {
            info!("XDP on {name}: the carrier is back");
        }
        if let Some(port) = port {
            self.outlets.election.send(Input::Deaf { port, is_deaf });
        }
        // That it is up may be new to the observer, whatever we think.
        !is_deaf
    }

    fn attached(&mut self, port: u16, attachment: Attachment, how: &str, flags: u32) {
        let name = attachment.interface.name.clone();
        let mode = if attachment.is_native {
            "native"
        } else {
            "generic"
        };
        let id = attachment.link_id();
        info!(
            "XDP on {name}: {how} ({mode}, link {id}); what it says is {}",
            describe(flags)
        );
        self.carrier.attached(&name, clock::now());
        self.outlets.inspector.watch(port, attachment);
    }

    /// Somebody has taken the program off. The election hears everything already, or will.
    async fn gone(&mut self, port: u16, index: u32, last_seen: Monotonic) {
        let mut known = self.known.iter();
        let found = known.find(|(_, known)| known.port.number == port && known.index == index);
        let Some(name) = found.map(|(name, _)| name.clone()) else {
            return;
        };
        let link = self.netlink.link(&name).await;
        if link.is_ok_and(|link| link.is_none_or(|link| link.index != index)) {
            // It went with its interface, which is told elsewhere.
            return;
        }
        let now = clock::now();
        let (standing, what) = if self.carrier.flaps(&name) {
            (
                Standing::Without(
                    "somebody has taken the program off, and putting it back costs this interface its carrier".into(),
                ),
                "and it is not put back, since that costs this interface its carrier",
            )
        } else {
            (Standing::gone(last_seen, now), "until it is back")
        };
        let ago = Seconds(now.since(last_seen));
        warn!(
            "XDP on {name}: somebody has taken the program off (seen attached {ago} ago); adverts and claims are judged on raw sockets, {what}"
        );
        if let Some(known) = self.known.get_mut(&name) {
            known.standing = standing;
        }
        self.tune(&name);
        self.say_what_is_missing(&name, port);
    }

    async fn begin_try(&mut self, plan: &Plan, name: &str) {
        let flags = self.port_flags(name).await;
        let Some(known) = self.known.get_mut(name) else {
            return;
        };
        known.port.flags = flags;
        let (index, port) = (known.index, known.port);
        let interface = Interface {
            name: name.to_owned(),
            index,
        };
        let mode = plan
            .interfaces
            .get(&port.number)
            .map_or(XdpMode::Off, |interface| interface.xdp_mode);
        let Some((datapath, publisher)) = &mut self.program else {
            return;
        };
        if let Err(error) = publisher.set_port(index, port) {
            warn!("XDP on {name}: {error}");
        }
        let (datapath, news) = (datapath.clone(), self.outlets.news.clone());
        // A driver may take seconds, and everything that is heard meanwhile is heard on raw sockets.
        drop(spawn_blocking(move || {
            let outcome = attach(&datapath, &interface, mode);
            news.blocking_send(ProgramNews::Tried { interface, outcome })
                .ok();
        }));
    }

    /// The program is on an interface again: it judges from now on, and the raw path lets go of what it judges. For a moment both may hear,
    /// and never neither.
    async fn is_back(&mut self, attachment: Attachment) {
        let Interface { name, index } = attachment.interface.clone();
        // Tags may have begun to be stripped meanwhile.
        let flags = self.port_flags(&name).await;
        let known = self.known.get_mut(&name);
        let Some(known) = known.filter(|known| known.index == index) else {
            // The interface went meanwhile. Letting go waits for the kernel.
            drop(spawn_blocking(move || drop(attachment)));
            return;
        };
        let since = known.standing.waiting_since().unwrap_or_default();
        let without = Seconds(clock::now().since(since));
        let has_changed = known.port.flags != flags;
        known.standing = Standing::Attached(how(&attachment));
        known.port.flags = flags;
        let port = known.port;
        if has_changed
            && let Some((_, publisher)) = &mut self.program
            && let Err(error) = publisher.set_port(index, port)
        {
            warn!("XDP on {name}: {error}");
        }
        let how = format!("attached after {without} without");
        self.attached(port.number, attachment, &how, flags);
        self.tune(&name);
    }

    fn refused_again(&mut self, interface: &Interface, error: &AttachError) {
        let name = &interface.name;
        let known = self.known.get_mut(name);
        let Some(known) = known.filter(|known| known.index == interface.index) else {
            return;
        };
        if let Some(reason) = known.standing.refused_again(error, clock::now()) {
            let what = if known.standing.next_try().is_some() {
                "it will be tried again"
            } else {
                "it is not tried again on this interface"
            };
            warn!("XDP on {name}: not back: {reason}; {what}");
        }
    }

    /// What the raw path cannot do. Everything else it can.
    fn say_what_is_missing(&self, name: &str, port: u16) {
        let drops = |(key, entry): (&abi::VipKey, &abi::VipEntry)| {
            key.port == port && entry.flags & VIP_DROP_CLAIMS != 0
        };
        if self.watched.iter().any(drops) {
            warn!(
                "XDP on {name}: xdp_garp_guard drop cannot drop claims without the program; they are told"
            );
        }
    }
}

fn how(attachment: &Attachment) -> Attached {
    Attached {
        is_native: attachment.is_native,
        link_id: attachment.link_id(),
    }
}

fn log_refused(name: &str, error: &AttachError) {
    match error {
        AttachError::Off => info!("XDP on {name}: off, listening on raw sockets"),
        AttachError::Taken(_) => {
            warn!("XDP on {name}: {error}; listening on raw sockets until it leaves")
        }
        AttachError::NoLink(_) | AttachError::Other(_) => {
            warn!("XDP on {name}: {error}; listening on raw sockets");
        }
    }
}

/// Waits for whoever else is attaching, and for the kernel.
fn attach(
    datapath: &Mutex<Datapath>,
    interface: &Interface,
    mode: XdpMode,
) -> Result<Attachment, AttachError> {
    datapath
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .attach(interface, mode)
}
