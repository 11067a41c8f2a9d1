//! The mail that tells of a transition.

use crate::{
    protocol::{State, state::keepalived_name},
    system::notifier::Subject,
};

/// A subject and a text; who gets it and how is the mailer's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line.
    pub subject: String,
    /// Lines that end in `\n`.
    pub body: String,
}

/// A transition worth a mail.
#[derive(Debug, Clone, Copy)]
pub struct Transition<'a> {
    /// `router_id`, or the host's name.
    pub router_id: &'a str,
    /// Who has changed.
    pub subject: Subject<'a>,
    /// The state entered.
    pub state: State,
    /// Why, in one sentence.
    pub because: &'a str,
    /// What else a person woken by this wants to know: names and values, in order.
    pub facts: &'a [(&'a str, &'a str)],
}

/// The mail for a transition; `None` for a state that is not mailed.
///
/// keepalived: the subject and the first line of the body are letter for letter its own. The reason and the
/// facts below are ours.
#[must_use]
pub fn mail_for(transition: &Transition<'_>) -> Option<Mail> {
    let state = keepalived_name(transition.state);
    let headline = match (transition.subject, transition.state) {
        (_, State::Initialize) => return None,
        (Subject::Group(_), _) => {
            format!("=> All VRRP group instances are now in {state} state <=")
        }
        (Subject::Instance(_), State::Active) => {
            "=> VRRP Instance is now owning VRRP VIPs <=".to_owned()
        }
        (Subject::Instance(_), State::Backup | State::Fault) => {
            "=> VRRP Instance is no longer owning VRRP VIPs <=".to_owned()
        }
    };
    let (kind, name) = match transition.subject {
        Subject::Instance(name) => ("Instance", name),
        Subject::Group(name) => ("Group", name),
    };
    let subject = format!(
        "[{}] VRRP {kind} {} - Entering {state} state",
        one_line(transition.router_id),
        one_line(name),
    );
    let mut body = format!("{headline}\n\nbecause: {}\n", one_line(transition.because));
    for (index, (name, value)) in transition.facts.iter().enumerate() {
        let gap = if index == 0 { "\n" } else { "" };
        body += &format!("{gap}{}: {}\n", one_line(name), one_line(value));
    }
    Some(Mail { subject, body })
}

/// Without line breaks and other control characters, which could end a header and begin another.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_mail_of_an_active_router() {
        expect![[r#"
            [LVS_MAIN] VRRP Instance VI_1 - Entering MASTER state

            => VRRP Instance is now owning VRRP VIPs <=

            because: last advert from 192.168.0.9 3.605 s ago; 0 rejected

            host: lb1
            interface: eth0
        "#]]
        .assert_eq(&rendered(State::Active));
    }

    #[test]
    fn the_mail_of_a_backup_router() {
        expect![[r#"
            [LVS_MAIN] VRRP Instance VI_1 - Entering BACKUP state

            => VRRP Instance is no longer owning VRRP VIPs <=

            because: last advert from 192.168.0.9 3.605 s ago; 0 rejected

            host: lb1
            interface: eth0
        "#]]
        .assert_eq(&rendered(State::Backup));
        assert!(
            rendered(State::Fault).starts_with("[LVS_MAIN] VRRP Instance VI_1 - Entering FAULT")
        );
    }

    #[test]
    fn the_mail_of_a_group() {
        let mail = mail_for(&Transition {
            subject: Subject::Group("G1"),
            state: State::Fault,
            ..transition()
        })
        .unwrap();
        assert_eq!(
            mail.subject,
            "[LVS_MAIN] VRRP Group G1 - Entering FAULT state"
        );
        assert!(
            mail.body
                .starts_with("=> All VRRP group instances are now in FAULT state <=\n")
        );
    }

    #[test]
    fn a_stop_is_not_mailed() {
        assert_eq!(
            mail_for(&Transition {
                state: State::Initialize,
                ..transition()
            }),
            None
        );
    }

    #[test]
    fn a_name_cannot_add_a_header() {
        let evil = Transition {
            subject: Subject::Instance("VI\r\nBcc: a@b"),
            facts: &[("x\n\n", "\0")],
            ..transition()
        };
        let mail = mail_for(&evil).unwrap();
        assert_eq!(
            mail.subject,
            "[LVS_MAIN] VRRP Instance VI  Bcc: a@b - Entering MASTER state"
        );
        assert!(mail.body.ends_with("\nx  :  \n"));
    }

    fn rendered(state: State) -> String {
        let mail = mail_for(&Transition {
            state,
            ..transition()
        })
        .unwrap();
        format!("{}\n\n{}", mail.subject, mail.body)
    }

    const fn transition() -> Transition<'static> {
        Transition {
            router_id: "LVS_MAIN",
            subject: Subject::Instance("VI_1"),
            state: State::Active,
            because: "last advert from 192.168.0.9 3.605 s ago; 0 rejected",
            facts: &[("host", "lb1"), ("interface", "eth0")],
        }
    }
}
