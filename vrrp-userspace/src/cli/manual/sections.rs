//! What no definition knows: signals, files, exit codes, the environment, and how a service manager is served.

use clap_mangen::roff::{Inline, Roff, bold, roman};

use crate::system::capabilities::NEEDS;

/// A term and what is to be said of it.
type Entry = (&'static str, &'static str);

const SIGNALS: [Entry; 4] = [
    (
        "SIGTERM, SIGINT",
        "Stops: every instance that is MASTER sends priority 0, gives its addresses up, and notify_stop scripts are started.",
    ),
    (
        "SIGHUP",
        "Reads the configuration again and changes what differs. An instance that is unchanged notices nothing; a configuration that cannot be \
         read or used changes nothing. xvrrpd-reload(8) does the same and says what came of it.",
    ),
    (
        "SIGUSR1",
        "Writes what the routers were told and did beside the pid file, for xvrrpd-replay(8).",
    ),
    (
        "SIGABRT",
        "Ends the daemon as a crash does; the guard sends priority 0 and removes the addresses. systemd sends it when the watchdog is not \
         answered.",
    ),
];

const FILES: [Entry; 6] = [
    (
        "/etc/keepalived/keepalived.conf",
        "The configuration, unless --use-file names another. See xvrrpd.conf(5).",
    ),
    (
        "/run/keepalived.pid",
        "The number of the daemon's process, locked while it runs, unless --pid names another.",
    ),
    (
        "/run/keepalived.sock",
        "Where the commands reach the daemon: beside the pid file, with the ending .sock.",
    ),
    (
        "/run/keepalived.recording.json",
        "What SIGUSR1 wrote: beside the pid file, with the ending .recording.json.",
    ),
    (
        "/run/keepalived.panic.json",
        "What a daemon that crashed by a fault of its own left behind, for xvrrpd-history(8) with --dump: beside the pid file, with the \
         ending .panic.json.",
    ),
    (
        "/etc/default/keepalived, /etc/default/xvrrpd",
        "Read by the package's unit and init script: DAEMON_ARGS holds more options. The second goes before the first.",
    ),
];

const EXIT_CODES: [Entry; 4] = [
    ("0", "It was told to stop."),
    ("1", "It could not start, for the reason it gives."),
    (
        "2",
        "Nothing in the configuration can run, or the command line is wrong.",
    ),
    (
        "4",
        "A capability is missing; the line that says so names it.",
    ),
];

const ENVIRONMENT: [Entry; 3] = [
    (
        "NO_COLOR",
        "If it is set and not empty, nothing is coloured.",
    ),
    (
        "NOTIFY_SOCKET",
        "Where a service manager listens, as sd_notify(3) describes. It is told READY, RELOADING, STOPPING, and as STATUS how many \
         instances are MASTER. Scripts do not inherit it.",
    ),
    (
        "WATCHDOG_USEC",
        "How long the service manager waits for a sign of life. It gets one twice in that time, while the thread that runs the elections takes \
         turns; a thread that hangs gives none.",
    ),
];

/// Writes all of them.
pub(super) fn write(roff: &mut Roff) {
    entries(roff, "SIGNALS", &SIGNALS);
    entries(roff, "FILES", &FILES);
    entries(roff, "EXIT STATUS", &EXIT_CODES);
    capabilities(roff);
    entries(roff, "ENVIRONMENT", &ENVIRONMENT);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(
        "xvrrpd.conf(5), capabilities(7), bpftool(8), and /usr/share/doc/xvrrpd",
    )]);
}

fn entries(roff: &mut Roff, heading: &str, entries: &[Entry]) {
    roff.control("SH", [heading]);
    for (term, text) in entries {
        entry(roff, [bold(*term)], text);
    }
}

/// A term, and indented below it a paragraph.
pub(super) fn entry(roff: &mut Roff, term: impl Into<Vec<Inline>>, text: &str) {
    roff.control("TP", []);
    roff.text(term);
    roff.text([roman(text)]);
}

fn capabilities(roff: &mut Roff) {
    roff.control("SH", ["CAPABILITIES"]);
    roff.text([roman(
        "After the start daemon and guard have no others than these, and pass none on. Scripts that run as root, and a guard that replaces \
         another, have whatever the bounding set holds that the daemon was started with; scripts of other users have none.",
    )]);
    for need in &NEEDS {
        let holder = need.holder.to_string();
        entry(
            roff,
            [bold(need.name), roman(format!(" ({holder})"))],
            &format!("To {}. Without it: {}", need.purpose, lower(need.otherwise)),
        );
    }
}

/// A sentence that goes on after a colon.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
