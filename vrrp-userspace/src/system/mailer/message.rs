//! A mail as it goes over the wire.

use std::time::SystemTime;

use lettre::{
    Message,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0},
    },
};
use thiserror::Error;
use tracing::warn;

use super::{Mail, MailSettings};

/// Sender and receivers, parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addresses {
    from: Mailbox,
    to: Vec<Mailbox>,
}

/// Settings no mail can be sent with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailSettingsError {
    /// The sender is not an address.
    #[error("`{0}` is not a mail address")]
    NotAnAddress(String),
    /// Nobody would get the mail.
    #[error("there is nobody mail can be sent to")]
    NoReceiver,
}

impl Addresses {
    pub(super) fn new(settings: &MailSettings) -> Result<Self, MailSettingsError> {
        let from = parse(&settings.from)?;
        let mut to = Vec::new();
        for receiver in &settings.to {
            match parse(receiver) {
                Ok(receiver) => to.push(receiver),
                Err(error) => warn!("notification_email: {error}; it gets no mail"),
            }
        }
        if to.is_empty() {
            Err(MailSettingsError::NoReceiver)
        } else {
            Ok(Self { from, to })
        }
    }

    /// The message, its headers in keepalived's order.
    pub(super) fn message(
        &self,
        mail: Mail,
        now: SystemTime,
    ) -> Result<Message, lettre::error::Error> {
        let x_mailer = HeaderName::new_from_ascii_str("X-Mailer");
        let mut message = Message::builder()
            .date(now)
            .from(self.from.clone())
            .subject(mail.subject)
            // keepalived: people filter by this.
            .raw_header(HeaderValue::new(x_mailer, "Keepalived".into()));
        for receiver in &self.to {
            message = message.to(receiver.clone());
        }
        if !mail.body.is_ascii() {
            message = message
                .header(MIME_VERSION_1_0)
                .header(ContentType::TEXT_PLAIN);
        }
        message.body(mail.body)
    }
}

fn parse(text: &str) -> Result<Mailbox, MailSettingsError> {
    text.trim()
        .parse()
        .map_err(|_error| MailSettingsError::NotAnAddress(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;

    use super::*;

    #[test]
    fn headers_stand_in_keepalived_s_order() {
        expect![[r#"
            Date: Sun, 22 Nov 2026 19:50:46 +0000
            From: lb1@example.com
            Subject: [LVS_MAIN] VRRP Instance VI_1 - Entering MASTER state
            X-Mailer: Keepalived
            To: admin@example.com, second@example.org
            Content-Transfer-Encoding: 7bit

            => VRRP Instance is now owning VRRP VIPs <=
        "#]]
        .assert_eq(&formatted("VI_1"));
    }

    #[test]
    fn a_name_that_is_not_ascii_is_encoded() {
        let text = formatted("Büro");
        assert!(text.is_ascii() && text.contains("=?utf-8?"), "{text}");
    }

    #[test]
    fn a_text_that_is_not_ascii_says_how_it_is_encoded() {
        let mail = Mail {
            subject: "subject".into(),
            body: "Büro\n".into(),
        };
        let addresses = Addresses::new(&settings()).unwrap();
        let message = addresses.message(mail, SystemTime::UNIX_EPOCH).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(
            text.is_ascii() && text.contains("text/plain; charset=utf-8"),
            "{text}"
        );
    }

    /// keepalived's own sample sends to `acassen`.
    #[test]
    fn a_receiver_that_is_no_address_keeps_no_other_from_its_mail() {
        let mut settings = settings();
        settings.to.insert(0, "acassen".into());
        assert_eq!(Addresses::new(&settings).unwrap().to.len(), 2);
        settings.to.truncate(1);
        assert_eq!(
            Addresses::new(&settings),
            Err(MailSettingsError::NoReceiver)
        );
    }

    #[test]
    fn addresses_without_a_domain_of_their_own_are_taken() {
        for text in [
            "root@localhost",
            "root@lb1",
            "Ops <ops@example.com>",
            "a+b@example.com",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        assert_eq!(
            parse("nobody"),
            Err(MailSettingsError::NotAnAddress("nobody".into()))
        );
    }

    fn formatted(instance: &str) -> String {
        let mail = Mail {
            subject: format!("[LVS_MAIN] VRRP Instance {instance} - Entering MASTER state"),
            body: "=> VRRP Instance is now owning VRRP VIPs <=\n".into(),
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_377_046);
        let message = Addresses::new(&settings())
            .unwrap()
            .message(mail, now)
            .unwrap();
        String::from_utf8(message.formatted())
            .unwrap()
            .replace("\r\n", "\n")
    }

    fn settings() -> MailSettings {
        MailSettings {
            from: "lb1@example.com".into(),
            to: vec!["admin@example.com".into(), "second@example.org".into()],
            ..MailSettings::new("127.0.0.1")
        }
    }
}
