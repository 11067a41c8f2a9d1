//! The lab on a full screen: somebody presses keys.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use vrrp_tests::Binaries;
use vrrp_tests::report::{LINES, PACKETS, PICTURE};

use crate::terminal::Terminal;
use crate::traces::Traces;

fn live(traces: &Traces) -> Command {
    let binaries = Binaries::beside_this_one();
    let mut command = Command::new(binaries.lab);
    command.args(["live", "--daemon"]).arg(binaries.xvrrpd);
    command.env("TMPDIR", traces.folder());
    command
}

/// A screen on which r1 serves, and what its lab consists of.
fn opened() -> (Terminal, Traces) {
    let mut traces = Traces::new();
    let terminal = Terminal::with(&live(&traces));
    terminal.eventually_shows("192.168.0.5 and .6: r1   client: r1 answers");
    traces.remember(terminal.program());
    (terminal, traces)
}

/// Pressed, `keys` end the lab; the terminal is as it was, and nothing of the lab is left.
#[track_caller]
fn is_left_by(mut terminal: Terminal, keys: &str, traces: &Traces) {
    terminal.press(keys);
    assert!(terminal.end().success());
    terminal.is_eventually_restored();
    traces.are_gone();
}

#[test]
fn keys_break_and_mend_and_the_screen_tells() {
    let (mut terminal, traces) = opened();
    terminal.press("?");
    terminal.eventually_shows("SIGSTOP the daemon; the other node takes over");
    terminal.press("?h");
    terminal.eventually_shows("you      haproxy r1");
    terminal.eventually_shows("r1       HAProxy is gone");
    terminal.eventually_shows("r1       HAProxy listens");

    terminal.press("k");
    terminal.eventually_shows("192.168.0.5 and .6: r2   client: r2 answers");
    terminal.eventually_shows("DOWN");
    terminal.press("S");
    terminal.eventually_shows("BACKUP");
    terminal.press("g");
    terminal.eventually_shows("claims 192.168.0.5");
    terminal.press("f");
    terminal.eventually_shows("authentication_failure");

    is_left_by(terminal, "q", &traces);
}

#[test]
fn a_link_that_is_cut_is_a_fault_and_mending_mends_everything() {
    let (mut terminal, traces) = opened();
    terminal.press("c");
    terminal.eventually_shows("NO LINK");
    terminal.eventually_shows("FAULT");
    terminal.eventually_shows("192.168.0.5 and .6: r2");
    terminal.press("m");
    terminal.eventually_shows("BACKUP");
    terminal.press("\tp");
    terminal.eventually_shows("PAUSED");
    terminal.press("m\u{3}");
    assert!(terminal.end().success(), "Ctrl-C is the way out");
    terminal.is_eventually_restored();
    traces.are_gone();
}

#[test]
fn a_signal_leaves_nothing_behind_and_the_terminal_as_it_was() {
    let (mut terminal, traces) = opened();
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.end().code(), Some(128 + 15));
    terminal.is_eventually_restored();
    traces.are_gone();
}

#[test]
fn a_terminal_that_is_gone_takes_the_lab_with_it() {
    let (mut terminal, traces) = opened();
    terminal.hang_up();
    assert_eq!(terminal.end().code(), Some(128 + 1));
    traces.are_gone();
}

#[test]
fn ctrl_c_while_the_lab_is_made_leaves_nothing() {
    let traces = Traces::new();
    let mut terminal = Terminal::with(&live(&traces));
    terminal.eventually_shows("making");
    terminal.press("\u{3}");
    assert!(terminal.end().success());
    terminal.is_eventually_restored();
    traces.are_gone();
}

/// How it looks in a window that somebody makes small and large again.
#[test]
fn a_small_window_is_told_what_it_lacks_and_a_larger_one_shows_all_again() {
    let (terminal, traces) = opened();
    assert!(terminal.is_coloured());
    terminal.resize(10, 40);
    terminal.eventually_shows("too small");
    terminal.eventually_hides("192.168.0.5 and .6");
    terminal.resize(30, 100);
    terminal.eventually_shows("192.168.0.5 and .6: r1   client: r1 answers");
    is_left_by(terminal, "q", &traces);
}

#[test]
fn with_no_color_the_screen_has_none() {
    let mut traces = Traces::new();
    let terminal = Terminal::with(live(&traces).env("NO_COLOR", "1"));
    terminal.eventually_shows("192.168.0.5 and .6: r1   client: r1 answers");
    traces.remember(terminal.program());
    assert!(!terminal.is_coloured(), "{}", terminal.text());
    is_left_by(terminal, "q", &traces);
}

#[test]
fn a_terminal_that_can_draw_nothing_gets_lines() {
    let mut traces = Traces::new();
    let terminal = Terminal::with(live(&traces).env("TERM", "dumb"));
    terminal.eventually_shows("the lab is there");
    traces.remember(terminal.program());
    is_left_by(terminal, "q\n", &traces);
}

#[test]
fn without_a_terminal_it_is_told_in_lines_and_keys_come_from_standard_input() {
    let mut traces = Traces::new();
    let report = tempfile::tempdir().expect("a temporary folder can be made");
    let mut lab = live(&traces)
        .arg("--report")
        .arg(report.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the lab starts");
    let output = lab.stdout.take().expect("the output is a pipe");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let mut until = |words: &str| {
        let told = lines.any(|line| {
            assert!(!line.contains('\u{1b}'), "lines are plain: {line}");
            line.contains(words)
        });
        assert!(told, "a line says `{words}`");
    };
    until("answered by r1");
    until("the lab is there");
    traces.remember(lab.id());

    let mut keys = lab.stdin.take().expect("the input is a pipe");
    keys.write_all(b"s\n").expect("keys are taken");
    until("you      stop r1");
    until("answered by r2");
    keys.write_all(b"q").expect("keys are taken");
    assert!(lab.wait().expect("a child can be waited for").success());
    traces.are_gone();

    let lines = fs::read_to_string(report.path().join(LINES)).expect("there is a report");
    assert!(lines.contains("you      stop r1"), "{lines}");
    for name in [PACKETS, PICTURE] {
        assert!(report.path().join(name).is_file(), "{name}");
    }
}
