//! What the people are told, and that telling them delays nothing.

use std::time::Duration;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::node::Mood;
use vrrp_tests::story::Handover;
use vrrp_tests::{Lab, Mail, Moment, eventually, seeds};

#[test]
fn keepalived_mails_every_transition() {
    mails_every_transition(Keepalived);
}

#[test]
fn every_transition_is_mailed_as_keepalived_does() {
    mails_every_transition(Xvrrpd);
}

fn mails_every_transition(daemon: Daemon) {
    let lab = Lab::of_seeds(daemon, daemon);
    lab.elect();
    eventually("r1 has mailed twice, r2 once", || {
        lab.r1.mails().len() == 2 && lab.r2.mails().len() == 1
    });
    lab.r1.stop_daemon();
    eventually("r2 has mailed again", || lab.r2.mails().len() == 2);

    for (node, router) in [
        (&lab.r1, "keepalived-192-168-0-9"),
        (&lab.r2, "keepalived-192-168-0-10"),
    ] {
        let mails = node.mails();
        let subject = |state| format!("[{router}] VRRP Instance HA_V1 - Entering {state} state");
        let subjects: Vec<_> = mails.iter().map(Mail::subject).collect();
        assert_eq!(subjects, [subject("BACKUP"), subject("MASTER")]);
        assert!(says(
            &mails[0],
            "=> VRRP Instance is no longer owning VRRP VIPs <="
        ));
        assert!(says(
            &mails[1],
            "=> VRRP Instance is now owning VRRP VIPs <="
        ));
        mails.iter().for_each(has_keepaliveds_headers);
    }
}

/// The body's first line is keepalived's; what we have to add comes below it.
fn says(mail: &Mail, line: &str) -> bool {
    mail.body.lines().next() == Some(line)
}

fn has_keepaliveds_headers(mail: &Mail) {
    let names: Vec<_> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names.starts_with(&["Date", "From", "Subject", "X-Mailer", "To"]),
        "{names:?}"
    );
    assert_eq!(mail.header("From"), Some("alert@test.com"));
    assert_eq!(mail.header("To"), Some("x@test.com"));
    assert_eq!(mail.header("X-Mailer"), Some("Keepalived"));
    // What the server was told outside the mail.
    assert_eq!(mail.header("X-MailFrom"), Some("alert@test.com"));
    assert_eq!(mail.header("X-RcptTo"), Some("x@test.com"));
}

#[test]
fn a_mail_server_that_never_answers_delays_nothing() {
    delays_nothing(Mood::Silent);
}

#[test]
fn a_mail_server_whose_greeting_never_ends_delays_nothing() {
    delays_nothing(Mood::Endless);
}

#[test]
fn a_mail_server_that_refuses_delays_nothing() {
    delays_nothing(Mood::Refusing);
}

#[test]
fn an_absent_mail_server_delays_nothing() {
    delays_nothing(Mood::Absent);
}

fn delays_nothing(mood: Mood) {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.r1.start_smtp(mood);
    lab.r2.start_smtp(mood);
    lab.elect();

    let stopped = Moment::now();
    lab.r1.stop_daemon();

    let limit = Duration::from_secs(5);
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, stopped, limit);
    handover.lasted(seeds::skew_time(lab.r2.identity().priority));
}
