//! What the program promises, frame by frame. The numbers `C024` are those of the project's list of what the RFCs demand.

mod claims;
mod envelope;
mod garbage;
mod ipv6;
mod message;
mod tags;
mod unicast;
mod valid;

use std::collections::BTreeSet;

use vrrp_tests::forge::Forged;

use crate::case::{Case, Outcome};
use crate::world::{BACKUP, Circumstances, OPEN, PEER, SEED, VERSION_3};

/// Rows in the making.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Case>);

impl Table {
    /// A frame that Backups hear.
    fn row(&mut self, name: impl Into<String>, frame: Vec<u8>, outcome: Outcome) {
        self.row_under(BACKUP, name, frame, outcome);
    }

    fn row_under(
        &mut self,
        circumstances: Circumstances,
        name: impl Into<String>,
        frame: Vec<u8>,
        outcome: Outcome,
    ) {
        self.0.push(Case {
            name: name.into(),
            circumstances,
            frame,
            outcome,
        });
    }
}

/// Every row.
pub(crate) fn all() -> Vec<Case> {
    let mut table = Table::default();
    valid::rows(&mut table);
    envelope::rows(&mut table);
    message::rows(&mut table);
    tags::rows(&mut table);
    claims::rows(&mut table);
    ipv6::rows(&mut table);
    unicast::rows(&mut table);
    garbage::rows(&mut table);
    table.0
}

/// An advertisement that [`SEED`] believes.
fn seed() -> Forged {
    Forged::advertisement(PEER).vrid(SEED.vrid)
}

/// An advertisement that [`OPEN`] believes.
fn open() -> Forged {
    seed().vrid(OPEN.vrid).unauthenticated()
}

/// An advertisement that [`VERSION_3`] believes.
fn version_3() -> Forged {
    Forged::version_3(PEER).vrid(VERSION_3.vrid)
}

/// `frame` with one bit the other way round.
pub(crate) fn flipped(mut frame: Vec<u8>, bit: usize) -> Vec<u8> {
    frame[bit / 8] ^= 0x80 >> (bit % 8);
    frame
}

#[test]
fn no_two_rows_have_the_same_name() {
    let mut names = BTreeSet::new();
    for case in all() {
        assert!(names.insert(case.name.clone()), "{}", case.name);
    }
}
