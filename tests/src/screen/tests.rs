use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use expect_test::{Expect, expect};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::*;
use crate::binaries::Daemon;
use crate::moment::Moment;
use crate::observer::{Life, News, NodeName, Observation, Seen};
use crate::seeds;

const R1: NodeName = NodeName::R1;
const R2: NodeName = NodeName::R2;

/// A model with a clock that the test moves.
struct Play {
    model: Model,
    milliseconds: u64,
}

impl Play {
    fn new() -> Self {
        let daemons = [Daemon::Xvrrpd, Daemon::Keepalived];
        Self {
            model: Model::new(daemons, Moment::from_nanoseconds(0)),
            milliseconds: 0,
        }
    }

    fn now(&self) -> Moment {
        Moment::from_nanoseconds(self.milliseconds * 1_000_000)
    }

    fn see(&mut self, what: Seen) {
        let at = self.now();
        self.model.take(&Observation { at, what });
    }

    fn of(&mut self, node: NodeName, news: News) {
        self.see(Seen::Of(node, news));
    }

    fn said(&mut self, node: NodeName, line: &str) {
        self.of(node, News::Said(line.to_owned()));
    }

    fn advertises(&mut self, node: NodeName, priority: u8) {
        let from = Some(node);
        self.see(Seen::Advertisement { from, priority });
    }

    /// Half a second goes by, with an answer of this node or none.
    fn passes(&mut self, answers: Option<NodeName>) {
        self.see(Seen::Answer(answers));
        self.milliseconds += 500;
        self.model.tick(self.now());
    }

    /// The pair has elected, and r1 has spoken for some seconds.
    fn elected() -> Self {
        let mut play = Self::new();
        play.model.making(None);
        for node in [R1, R2] {
            play.of(node, News::Haproxy(true));
            play.of(node, News::Cable(true));
            play.of(node, News::Daemon(Life::Runs));
            play.said(node, "(HA_V1) Entering BACKUP STATE");
            play.said(node, "VRRP_Script(chk_haproxy) succeeded");
        }
        for _ in 0..7 {
            play.passes(None);
        }
        play.said(R1, "(HA_V1) Entering MASTER STATE");
        play.of(R1, News::Owns(seeds::ADDRESSES.into()));
        play.of(R1, News::Mail("[node-9] Entering MASTER state".into()));
        for _ in 0..5 {
            play.advertises(R1, 101);
            play.passes(Some(R1));
            play.passes(Some(R1));
        }
        play
    }

    fn drawn(&self, width: u16, height: u16, colour: bool) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| draw(frame, &self.model, Theme { colour }))
            .unwrap();
        terminal
    }

    fn shows(&self, expected: &Expect) {
        expected.assert_eq(&text(&self.drawn(80, 24, true)));
    }
}

fn text(terminal: &Terminal<TestBackend>) -> String {
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(usize::from(buffer.area.width));
    rows.map(|row| {
        let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        row.trim_end().to_owned() + "\n"
    })
    .collect()
}

#[test]
fn a_pair_that_has_elected() {
    Play::elected().shows(&expect![[r#"
         xvrrpd lab  0:08   192.168.0.5 and .6: r1   client: r1 answers
        ┏>r1  xvrrpd  priority 101 ━━━━━━━━━━━━┓┌ r2  keepalived  priority 100 ────────┐
        ┃MASTER    for 5 s                     ┃│BACKUP    for 8 s                     │
        ┃addresses 192.168.0.5 192.168.0.6     ┃│addresses none                        │
        ┃adverts   5, the last 1.0 s ago       ┃│adverts   none                        │
        ┃dropped   none                        ┃│dropped   keepalived does not count   │
        ┃script    chk_haproxy succeeded       ┃│script    chk_haproxy succeeded       │
        ┃haproxy   listens    eth0 has a link  ┃│haproxy   listens    eth0 has a link  │
        ┃mails     1: [node-9] Entering MASTER…┃│mails     none                        │
        ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛└──────────────────────────────────────┘
         half a second each: | advert  0 farewell  = MASTER  . BACKUP  1 2 answer  x no
         r1        ......|=|=|=|=|==
         r2        .................
         client   xxxxxxx1111111111
         stranger
         log ───────────────────────────────────────────────────────────────────────────
            0.0 r2       (HA_V1) Entering BACKUP STATE
            0.0 r2       VRRP_Script(chk_haproxy) succeeded
            3.5 r1       (HA_V1) Entering MASTER STATE
            3.5 r1       has 192.168.0.5 and 192.168.0.6
            3.5 r1       mail: [node-9] Entering MASTER state
            3.5 client   answered by r1
        h haproxy  b break it  k kill -9  s stop  p pause  c cut  f flood  g garp
        r reload  H heal  S start  P go on  C plug in  m mend  Tab node  ? help  q quit
    "#]]);
}

#[test]
fn a_killed_node_is_down_and_the_other_has_its_addresses() {
    let mut play = Play::elected();
    play.advertises(R1, 0);
    play.of(R1, News::Daemon(Life::Ended));
    play.of(R1, News::Owns(Vec::new()));
    play.passes(None);
    play.said(R2, "(HA_V1) Entering MASTER STATE");
    play.of(R2, News::Owns(seeds::ADDRESSES.into()));
    for _ in 0..3 {
        play.advertises(R2, 100);
        play.passes(Some(R2));
        play.passes(Some(R2));
    }
    play.model.press('\t');
    play.shows(&expect![[r#"
         xvrrpd lab  0:12   192.168.0.5 and .6: r2   client: r2 answers
        ┌ r1  xvrrpd  priority 101 ────────────┐┏>r2  keepalived  priority 100 ━━━━━━━━┓
        │DOWN      for 3 s                     │┃MASTER    for 3 s                     ┃
        │addresses none                        │┃addresses 192.168.0.5 192.168.0.6     ┃
        │adverts   6, the last 3.5 s ago       │┃adverts   3, the last 1.0 s ago       ┃
        │dropped   none                        │┃dropped   keepalived does not count   ┃
        │script    not run yet                 │┃script    chk_haproxy succeeded       ┃
        │haproxy   listens    eth0 has a link  │┃haproxy   listens    eth0 has a link  ┃
        │mails     1: [node-9] Entering MASTER…│┃mails     none                        ┃
        └──────────────────────────────────────┘┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛
         half a second each: | advert  0 farewell  = MASTER  . BACKUP  1 2 answer  x no
         r1        ......|=|=|=|=|=0
         r2        .................|=|=|==
         client   xxxxxxx1111111111x222222
         stranger
         log ───────────────────────────────────────────────────────────────────────────
            8.5 r1       the daemon has ended
            8.5 r1       has no virtual address any more
            8.5 client   no answer any more; r1 was the last
            9.0 r2       (HA_V1) Entering MASTER STATE
            9.0 r2       has 192.168.0.5 and 192.168.0.6
            9.0 client   answered by r2, 1.000 s after the last answer
        h haproxy  b break it  k kill -9  s stop  p pause  c cut  f flood  g garp
        r reload  H heal  S start  P go on  C plug in  m mend  Tab node  ? help  q quit
    "#]]);
}

#[test]
fn a_flood_is_a_stranger_and_a_counter() {
    let mut play = Play::elected();
    let (from, priority) = (None, 254);
    play.see(Seen::Advertisement { from, priority });
    let counted = [
        ("accepted", 9),
        ("authentication_failure", 800),
        ("latest", 8),
        ("ip_ttl", 3),
    ];
    let counted = counted.map(|(name, count)| (name.to_owned(), count));
    play.of(R1, News::Counted(counted.into()));
    let screen = text(&play.drawn(80, 24, true));
    assert!(screen.contains("dropped   800 authentication_failure"));
    assert!(!screen.contains("latest"), "that is no reason");
    assert!(!screen.contains("accepted"), "that is no rejection");
    let lane = screen.lines().find(|line| line.starts_with(" stranger"));
    assert!(lane.is_some_and(|line| line.ends_with('x')));
}

#[test]
fn the_help_has_every_key() {
    let mut play = Play::elected();
    assert_eq!(play.model.press('?'), None);
    play.shows(&expect![[r#"
         xvrrpd lab  0:08   192.168.0.5 and .6: r1   client: r1 answers
        ┏>r1  x┌ keys ──────────────────────────────────────────────────────────┐──────┐
        ┃MASTER│   h  kill HAProxy; the check script starts it again            │      │
        ┃addres│   b  kill it and break its file; the script stops the daemon   │      │
        ┃advert│   k  kill the daemon; its guard removes the addresses          │      │
        ┃droppe│   s  stop the daemon; it says farewell with priority 0         │unt   │
        ┃script│   p  SIGSTOP the daemon; the other node takes over             │      │
        ┃haprox│   c  pull eth0's cable; the node goes to FAULT                 │link  │
        ┃mails │   f  200 adverts/s with a wrong password, for 10 s             │      │
        ┗━━━━━━│   g  a stranger claims 192.168.0.5 by gratuitous ARP           │──────┘
         half a│   r  SIGHUP; nothing changed, so nothing happens               │  x no
         r1    │   H  repair HAProxy's file and start it                        │
         r2    │   S  start the daemon; `nopreempt` keeps it Backup             │
         client│   P  SIGCONT; it hears who is Active and yields                │
         strang│   C  plug eth0's cable in again                                │
         log ──│   m  mend all that is broken on the node, and end the flood    │───────
            0.0│ Tab  select the other node, on which keys act                  │
            0.0│   ?  show or hide this                                         │
            3.5│   q  take the lab down and leave; Ctrl-C too                   │
            3.5│ Keys act on the node with the arrow; f and g on the network.   │
            3.5│ Time goes from left to right. A node is blank while it is down,│
            3.5│ paused or in FAULT; the stranger's x is a forged frame.        │
        h hapro└────────────────────────────────────────────────────────────────┘
        r reload  H heal  S start  P go on  C plug in  m mend  Tab node  ? help  q quit
    "#]]);
    play.model.press('?');
    assert!(!play.model.shows_help);
}

#[test]
fn every_key_means_one_thing_and_the_footer_names_all_at_80_columns() {
    let keys: BTreeSet<_> = BINDINGS.iter().map(|binding| binding.key).collect();
    assert_eq!(keys.len(), BINDINGS.len());
    let screen = text(&Play::elected().drawn(80, 24, true));
    let footer = screen.lines().skip(20).collect::<Vec<_>>().join(" ");
    for binding in BINDINGS {
        let word = format!("{} {}", binding.key_name(), binding.name);
        assert!(footer.contains(&word), "{word} in {footer}");
    }
}

#[test]
fn keys_act_on_the_selected_node() {
    let mut play = Play::elected();
    let kill = |node| Some(Wish::Deed(Deed::KillDaemon, node));
    assert_eq!(play.model.press('k'), kill(R1));
    assert_eq!(play.model.press('\t'), None);
    assert_eq!(play.model.press('k'), kill(R2));
    assert_eq!(play.model.press('z'), None);
    assert_eq!(play.model.press('q'), Some(Wish::Quit));
}

#[test]
fn while_the_lab_is_made_only_the_way_out_is_open() {
    let mut play = Play::new();
    assert_eq!(play.model.press('k'), None);
    assert_eq!(play.model.press('q'), Some(Wish::Quit));
}

#[test]
fn two_holders_of_an_address_are_cried_out() {
    let mut play = Play::elected();
    play.of(R2, News::Owns(vec![Ipv4Addr::new(192, 168, 0, 5)]));
    assert!(text(&play.drawn(80, 24, true)).contains("both nodes!"));
}

#[test]
fn without_colour_there_is_none() {
    let play = Play::elected();
    let is_coloured = |terminal: &Terminal<TestBackend>| {
        let mut cells = terminal.backend().buffer().content.iter();
        cells.any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
    };
    assert!(is_coloured(&play.drawn(80, 24, true)));
    assert!(!is_coloured(&play.drawn(80, 24, false)));
}

#[test]
fn no_terminal_is_too_small_or_too_large_to_draw_on() {
    let mut play = Play::elected();
    play.model.press('?');
    for (width, height) in [(1, 1), (10, 3), (79, 21), (300, 100)] {
        play.drawn(width, height, true);
    }
}

#[test]
fn a_small_terminal_is_told_what_it_lacks() {
    let play = Play::elected();
    for (width, height) in [(79, 24), (80, 21), (30, 6)] {
        let told = text(&play.drawn(width, height, true));
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        let expected =
            format!("too small {width} by {height}, and the lab needs 80 by 22; q leaves");
        assert_eq!(told, expected);
    }
}

#[test]
fn the_least_terminal_has_the_help_whole() {
    let mut play = Play::elected();
    play.model.press('?');
    let help = text(&play.drawn(80, 22, true));
    for binding in BINDINGS {
        assert!(help.contains(binding.help), "{help}");
    }
    assert!(help.contains("forged frame"), "{help}");
}

#[test]
fn the_lanes_say_whole_what_their_marks_mean() {
    let screen = text(&Play::elected().drawn(80, 24, true));
    let mut rows = screen.lines();
    assert!(rows.any(|row| row.contains("half a second each") && row.ends_with(" x no")));
}

#[test]
fn what_is_cut_says_so() {
    let mut play = Play::elected();
    play.said(R1, &"long ".repeat(30));
    let screen = text(&play.drawn(80, 24, true));
    let row = screen.lines().find(|line| line.contains("long long"));
    assert!(row.is_some_and(|row| row.ends_with('…')), "{screen}");
    assert_eq!(row.map(|row| row.chars().count()), Some(80));
}

#[test]
fn what_a_daemon_says_does_not_reach_the_terminal_as_control() {
    let mut play = Play::elected();
    play.said(R1, "\x1b[2Jgone");
    assert!(text(&play.drawn(80, 24, true)).contains("?[2Jgone"));
}

#[test]
fn the_memory_is_bounded() {
    let mut play = Play::elected();
    for number in 0..10_000 {
        play.said(R1, &format!("line {number}"));
    }
    assert!(play.model.lines_after(0).count() < 1000);
    assert!(play.model.told() > 10_000);
    assert_eq!(play.model.lines_after(play.model.told()).count(), 0);
}
