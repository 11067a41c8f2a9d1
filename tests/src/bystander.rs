//! Somebody else's XDP program: lets everything pass, and is in the way.

use std::fs;

use crate::namespace::Namespace;

/// `r0 = XDP_PASS; exit`.
const CODE: [u8; 16] = [0xb7, 0, 0, 0, 2, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];
const LICENSE: [u8; 4] = *b"GPL\0";
/// The names of the sections and of the program, each after a zero.
const NAMES: &[u8] = b"\0xdp\0license\0.symtab\0.strtab\0bystander\0";

/// Attaches the bystander to an interface, as an administrator does with `ip`.
///
/// # Panics
///
/// If the kernel does not take it.
#[track_caller]
pub fn attach(machine: &Namespace, interface: &str) {
    const PLACE: &str = "/run/lab/bystander.o";
    fs::write(machine.path(PLACE), object()).expect("the machine has a folder for the lab");
    machine.run(
        "ip",
        &[
            "link", "set", "dev", interface, "xdp", "obj", PLACE, "sec", "xdp",
        ],
    );
}

/// The smallest object file that a loader takes: the program, its licence, and a symbol that names it.
fn object() -> Vec<u8> {
    let mut symbols = vec![0; 24];
    symbols.extend(symbol());
    let sections: [Section<'_>; 5] = [
        Section::default(),
        Section {
            name: "xdp",
            kind: 1,
            flags: 6,
            align: 8,
            contents: &CODE,
            ..Section::default()
        },
        Section {
            name: "license",
            kind: 1,
            flags: 3,
            contents: &LICENSE,
            ..Section::default()
        },
        Section {
            name: ".symtab",
            kind: 2,
            link: 4,
            info: 1,
            align: 8,
            entry: 24,
            contents: &symbols,
            ..Section::default()
        },
        Section {
            name: ".strtab",
            kind: 3,
            contents: NAMES,
            ..Section::default()
        },
    ];
    let contents: Vec<u8> = sections
        .iter()
        .flat_map(|section| padded(section.contents))
        .collect();
    let mut object = header(64 + contents.len());
    object.extend(&contents);
    let mut at = 64;
    for section in &sections {
        object.extend(section.header(at));
        at += padded(section.contents).len();
    }
    object
}

#[derive(Default)]
struct Section<'a> {
    name: &'static str,
    kind: u32,
    flags: u64,
    link: u32,
    info: u32,
    align: u64,
    entry: u64,
    contents: &'a [u8],
}

impl Section<'_> {
    fn header(&self, at: usize) -> Vec<u8> {
        let mut bytes = name_offset(self.name).to_le_bytes().to_vec();
        bytes.extend(self.kind.to_le_bytes());
        for word in [self.flags, 0, wide(at), wide(self.contents.len())] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend([self.link, self.info].map(u32::to_le_bytes).concat());
        bytes.extend(
            [self.align.max(1), self.entry]
                .map(u64::to_le_bytes)
                .concat(),
        );
        bytes
    }
}

/// The ELF header of a relocatable object for the BPF machine, its section headers at the end.
fn header(sections_at: usize) -> Vec<u8> {
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend([1_u16, 247].map(u16::to_le_bytes).concat());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend([0, 0, wide(sections_at)].map(u64::to_le_bytes).concat());
    bytes.extend(0_u32.to_le_bytes());
    // Sizes: of this header, of no program headers, of a section header; five of those, the last holds the names.
    bytes.extend([64_u16, 0, 0, 64, 5, 4].map(u16::to_le_bytes).concat());
    bytes
}

/// A global function in the first section.
fn symbol() -> Vec<u8> {
    let mut bytes = name_offset("bystander").to_le_bytes().to_vec();
    bytes.extend([0x12, 0, 1, 0]);
    bytes.extend([0, wide(CODE.len())].map(u64::to_le_bytes).concat());
    bytes
}

fn name_offset(name: &str) -> u32 {
    let wanted = [b"\0", name.as_bytes(), b"\0"].concat();
    let found = NAMES
        .windows(wanted.len())
        .position(|window| window == wanted);
    found
        .filter(|_| !name.is_empty())
        .map_or(0, |at| u32::try_from(at + 1).unwrap_or(0))
}

fn padded(contents: &[u8]) -> Vec<u8> {
    let mut padded = contents.to_vec();
    padded.resize(contents.len().next_multiple_of(8), 0);
    padded
}

fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
