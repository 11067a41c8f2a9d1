//! What the program has counted.

use aya::{
    maps::{MapError, PerCpuArray, PerCpuValues},
    util::nr_cpus,
};
use vrrp_ebpf::abi::{Counters, Reason};

use super::{Datapath, DatapathError, Owned};

/// The counters of every interface.
pub struct Statistics(PerCpuArray<Owned, Counters>);

impl Statistics {
    pub(super) fn new(datapath: &mut Datapath) -> Result<Self, DatapathError> {
        Ok(Self(datapath.take("COUNTERS")?))
    }

    /// What was counted on the interface with our number `port`, by all processors together.
    ///
    /// # Errors
    ///
    /// When the map is out of reach.
    pub fn of(&self, port: u16) -> Result<Counters, MapError> {
        let mut total = Counters::default();
        for mut counted in self.0.get(&u32::from(port), 0)?.iter().copied() {
            for reason in Reason::ALL {
                *total.of(*reason) += *counted.of(*reason);
            }
        }
        Ok(total)
    }

    /// Counts from zero on the interface with our number `port`. To be called while no interface has that number: the program would write over it.
    ///
    /// # Errors
    ///
    /// When the map is out of reach.
    pub fn reset(&mut self, port: u16) -> Result<(), MapError> {
        let processors = nr_cpus().map_err(|(_, error)| error)?;
        let zero = PerCpuValues::try_from(vec![Counters::default(); processors])?;
        self.0.set(u32::from(port), zero, 0)
    }
}
