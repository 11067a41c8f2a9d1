//! The README's first picture: the same two packets a second, sent at keepalived and at us.

use std::thread;
use std::time::Duration;

use super::Tell;
use crate::binaries::{Binaries, Daemon};
use crate::lab::{Lab, Plan};
use crate::moment::Seconds;
use crate::story::{Rhythm, under_wrong_passwords};

/// Long enough for keepalived's Backup to lose patience more than once.
const WATCHED: Duration = Duration::from_secs(12);
/// What an Active node that keeps its rhythm may be late by on a busy machine.
const IN_RHYTHM: Duration = Duration::from_millis(1500);

/// Two adverts a second with a wrong password, at a pair of keepalived and at a pair of ours at the same time.
///
/// # Panics
///
/// If ours loses its rhythm, or if keepalived does not.
pub fn side_by_side(binaries: &Binaries, tell: &mut dyn Tell) {
    tell.act("two adverts a second with a wrong password, at two keepalived and at two xvrrpd");
    let pair = |daemon| {
        let binaries = binaries.clone();
        thread::spawn(move || watched(daemon, binaries))
    };
    let pairs = [Daemon::Keepalived, Daemon::Xvrrpd].map(pair);
    let [keepalived, ours] = pairs.map(|pair| pair.join().expect("the pair was watched"));

    tell.result(&format!(
        "keepalived: silent for {}, {} changes of role; xvrrpd: silent for {}, {} changes",
        Seconds(keepalived.longest_silence),
        keepalived.changes,
        Seconds(ours.longest_silence),
        ours.changes
    ));
    let title = format!(
        "{} of it, one column for a fifth of a second",
        Seconds(WATCHED)
    );
    tell.show(
        &title,
        &format!("{}\n\n{}", keepalived.picture, ours.picture),
    );
    assert!(
        keepalived.changes > 0,
        "keepalived restarts its timer for any packet with its VRID"
    );
    assert_eq!(
        ours.changes, 0,
        "what nobody should believe changes nothing"
    );
    assert!(
        ours.longest_silence < IN_RHYTHM,
        "what nobody should believe delays nothing"
    );
}

fn watched(daemon: Daemon, binaries: Binaries) -> Rhythm {
    let lab = Lab::new(&Plan {
        binaries,
        ..Plan::seeds(daemon, daemon)
    });
    lab.elect();
    under_wrong_passwords(&lab, WATCHED)
}
