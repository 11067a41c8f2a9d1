//! The XDP program and its maps: loading, attaching, publishing. The only `use aya`.
//!
//! A bpf_link held by its file descriptor goes when we go. An attachment of any other kind would outlive a crash, so it is undone and refused,
//! and a program that somebody else has put on the interface is left alone. Nothing here decides anything: whoever cannot have the program runs on
//! the raw path, and is told why.

mod attachment;
mod blocks;
mod capture;
mod doorbell;
mod inventory;
mod publisher;
mod rehearsal;
mod statistics;

use std::io;

use aya::{
    Ebpf, EbpfLoader,
    maps::{Map, MapData},
    programs::Xdp,
};
use thiserror::Error;
use tracing::debug;
use vrrp_ebpf::abi;

use crate::config::XdpMode;
#[cfg(xvrrpd_bpf)]
use crate::system::capabilities::{self, PERFMON};

pub use aya::maps::MapError;

pub use self::{
    attachment::{AttachError, Attachment},
    blocks::Blocks,
    capture::Capture,
    doorbell::{Alerts, Doorbell, KernelLog},
    inventory::{Inventory, KnownMap},
    publisher::Publisher,
    rehearsal::Action,
    statistics::Statistics,
};

#[cfg(xvrrpd_bpf)]
const OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/vrrp-xdp"));

/// Why there is no program in the kernel.
#[derive(Debug, Error)]
pub enum DatapathError {
    /// Built with `XVRRPD_BPF=none`.
    #[error("this daemon was built without the XDP program (XVRRPD_BPF=none)")]
    NotBuilt,
    /// The kernel or our privileges do not allow it.
    #[error("the kernel refused the XDP program: {0}")]
    Refused(String),
    /// The object does not have the map. A build of two halves.
    #[error("the XDP program has no usable map {0}")]
    NoMap(&'static str),
}

/// A loaded program that may be attached to interfaces.
pub struct Datapath {
    ebpf: Ebpf,
}

/// Sizes of the rings in bytes, each a power of two and at least a page.
#[derive(Debug, Clone, Copy)]
pub struct RingSizes {
    /// `EVENTS`.
    pub events: u32,
    /// `ALERTS`.
    pub alerts: u32,
    /// `CAPTURE`.
    pub capture: u32,
}

impl Default for RingSizes {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "constants of 65,536 to 524,288"
    )]
    fn default() -> Self {
        Self {
            events: abi::EVENTS_BYTES as u32,
            alerts: abi::ALERTS_BYTES as u32,
            capture: abi::CAPTURE_BYTES as u32,
        }
    }
}

impl Datapath {
    /// Loads the program and its maps. Needs Linux 5.8, `CAP_BPF` and `CAP_NET_ADMIN`; before Linux 6.18 [`PERFMON`] as well, which is put
    /// into effect for it where it is at hand.
    ///
    /// # Errors
    ///
    /// [`DatapathError`] says what the raw path's user should know.
    #[cfg(xvrrpd_bpf)]
    pub fn load(rings: RingSizes) -> Result<Self, DatapathError> {
        let refused = match Self::load_as_we_are(rings) {
            Ok(datapath) => return Ok(datapath),
            Err(refused) => refused,
        };
        match capabilities::with(&PERFMON, || Self::load_as_we_are(rings)) {
            Some(loaded) => {
                debug!(
                    "this kernel takes the XDP program with {} only",
                    PERFMON.name
                );
                loaded
            }
            None => Err(refused),
        }
    }

    #[cfg(xvrrpd_bpf)]
    fn load_as_we_are(rings: RingSizes) -> Result<Self, DatapathError> {
        let mut ebpf = EbpfLoader::new()
            .map_max_entries("EVENTS", rings.events)
            .map_max_entries("ALERTS", rings.alerts)
            .map_max_entries("CAPTURE", rings.capture)
            .load(OBJECT)
            .map_err(|error| DatapathError::Refused(chain(&error)))?;
        let program = program(&mut ebpf)?;
        program
            .load()
            .map_err(|error| DatapathError::Refused(chain(&error)))?;
        if let Ok(info) = program.info() {
            debug!("XDP program loaded, id {}", info.id());
        }
        Ok(Self { ebpf })
    }

    /// There is no program to load.
    ///
    /// # Errors
    ///
    /// Always [`DatapathError::NotBuilt`].
    #[cfg(not(xvrrpd_bpf))]
    pub fn load(_rings: RingSizes) -> Result<Self, DatapathError> {
        Err(DatapathError::NotBuilt)
    }

    /// Attaches the program to an interface.
    ///
    /// # Errors
    ///
    /// [`AttachError`]; the interface is then as it was.
    pub fn attach(
        &mut self,
        interface: &Interface,
        mode: XdpMode,
    ) -> Result<Attachment, AttachError> {
        let program =
            program(&mut self.ebpf).map_err(|error| AttachError::Other(error.to_string()))?;
        attachment::attach(program, interface, mode)
    }

    /// The kernel's numbers of the program and of the maps that have not been taken yet.
    ///
    /// # Errors
    ///
    /// When the kernel does not tell.
    pub fn inventory(&mut self) -> Result<Inventory, DatapathError> {
        Inventory::of(&mut self.ebpf)
    }

    /// The controller's tables.
    ///
    /// # Errors
    ///
    /// When the object lacks a map, or this has been called before.
    pub fn publisher(&mut self) -> Result<Publisher, DatapathError> {
        Publisher::new(self)
    }

    /// The truth and its doorbell, for the election.
    ///
    /// # Errors
    ///
    /// When the object lacks a map, or this has been called before.
    pub fn doorbell(&mut self) -> Result<Doorbell, DatapathError> {
        Doorbell::new(self)
    }

    /// The truth once more, for whoever shows it.
    ///
    /// # Errors
    ///
    /// When the object lacks the map, or the election has its own already ([`Self::doorbell`]).
    pub fn blocks(&self) -> Result<Blocks, DatapathError> {
        Blocks::new(self)
    }

    /// Everything else worth telling.
    ///
    /// # Errors
    ///
    /// When the object lacks a map, or this has been called before.
    pub fn alerts(&mut self) -> Result<Alerts, DatapathError> {
        Alerts::new(self)
    }

    /// Frames that the program rejects, for whoever wants to see them. Inside a runtime only.
    ///
    /// # Errors
    ///
    /// When the object lacks a map, or this has been called before.
    pub fn capture(&mut self) -> Result<Capture, DatapathError> {
        Capture::new(self)
    }

    /// What the program counts, for whoever shows it.
    ///
    /// # Errors
    ///
    /// When the object lacks a map, or this has been called before.
    pub fn statistics(&mut self) -> Result<Statistics, DatapathError> {
        Statistics::new(self)
    }

    /// Runs the program on a frame as if the loopback interface of this network had received it, and returns what it says and the frame as
    /// it left it. The maps are the real ones, so what the tables hold about that interface is judged, counted and recorded.
    ///
    /// Needs the privileges of [`Self::load`], no attachment and no traffic.
    ///
    /// # Errors
    ///
    /// The frame is shorter than an Ethernet header, or longer than a page.
    pub fn rehearse(&mut self, frame: &[u8]) -> io::Result<(Action, Vec<u8>)> {
        let program = program(&mut self.ebpf).map_err(io::Error::other)?;
        rehearsal::rehearse(program, frame)
    }

    /// What the program writes into the log on its cold paths.
    ///
    /// # Errors
    ///
    /// When the object carries no log.
    pub fn log(&mut self) -> Result<KernelLog, DatapathError> {
        KernelLog::new(&mut self.ebpf)
    }

    fn take<T: TryFrom<Map>>(&mut self, name: &'static str) -> Result<T, DatapathError> {
        let map = self.ebpf.take_map(name).ok_or(DatapathError::NoMap(name))?;
        T::try_from(map).map_err(|_| DatapathError::NoMap(name))
    }
}

/// An interface the program can be attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name, for people.
    pub name: String,
    /// Its number, for the kernel.
    pub index: u32,
}

/// A map of its own, so that a thread can own it.
type Owned = MapData;

fn program(ebpf: &mut Ebpf) -> Result<&mut Xdp, DatapathError> {
    ebpf.program_mut("vrrp_xdp")
        .and_then(|program| program.try_into().ok())
        .ok_or(DatapathError::Refused(
            "the object has no program vrrp_xdp".into(),
        ))
}

/// An error with its causes, the verifier's log cut to its end: that is where it says what it refused.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    let skip = text.chars().count().saturating_sub(600);
    text.chars().skip(skip).collect()
}
