//! What the kernel calls our program and its maps, so that `bpftool` can be asked for them.

use aya::{
    Ebpf,
    maps::{Map, MapData},
};

use super::{DatapathError, chain, program};

/// The program and its maps, by the kernel's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// Of the program.
    pub program: u32,
    /// In the order of their names.
    pub maps: Vec<KnownMap>,
}

/// A map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMap {
    /// As the program calls it.
    pub name: String,
    /// The kernel's number.
    pub id: u32,
    /// Whether it is a ring, whose contents nobody but its reader can see.
    pub is_ring: bool,
}

impl Inventory {
    pub(super) fn of(ebpf: &mut Ebpf) -> Result<Self, DatapathError> {
        let refused = |error: &dyn std::error::Error| DatapathError::Refused(chain(error));
        let info = program(ebpf)?.info().map_err(|error| refused(&error))?;
        let mut maps = Vec::new();
        for (name, map) in ebpf.maps() {
            // What the compiler has put there beside ours is of no interest.
            let Some((data, is_ring)) = table(map).filter(|_| !name.starts_with('.')) else {
                continue;
            };
            let info = data.info().map_err(|error| refused(&error))?;
            maps.push(KnownMap {
                name: name.to_owned(),
                id: info.id(),
                is_ring,
            });
        }
        maps.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self {
            program: info.id(),
            maps,
        })
    }
}

/// The maps of the kinds that we have, and whether it is a ring.
const fn table(map: &Map) -> Option<(&MapData, bool)> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of map that the kernel has are many; the program has these"
    )]
    match map {
        Map::Array(data)
        | Map::HashMap(data)
        | Map::PerCpuArray(data)
        | Map::PerCpuHashMap(data)
        | Map::LruHashMap(data)
        | Map::LpmTrie(data) => Some((data, false)),
        Map::RingBuf(data) => Some((data, true)),
        _ => None,
    }
}
