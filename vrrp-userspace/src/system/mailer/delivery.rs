//! One mail, from a server's name to its answer.

use std::{
    io,
    time::{Duration, SystemTime},
};

use lettre::transport::smtp::{client::AsyncSmtpConnection, extension::ClientId};
use thiserror::Error;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use crate::protocol::time::Seconds;

use super::{Mail, MailSettings, budget::Budgeted, message::Addresses};

/// How much of a server's words gets into our log.
const QUOTED: usize = 200;

/// Why a mail was not delivered.
#[derive(Debug, Error)]
pub(super) enum DeliveryError {
    #[error("{0}")]
    Connect(#[from] io::Error),
    #[error("{}", quoted(&.0.to_string()))]
    Smtp(#[from] lettre::transport::smtp::Error),
    #[error("{0}")]
    Message(#[from] lettre::error::Error),
    #[error("not done within {}", Seconds(*.0))]
    TooSlow(Duration),
}

/// Delivers a mail, or gives up at the deadline; one attempt, as keepalived.
pub(super) async fn deliver(
    settings: &MailSettings,
    addresses: &Addresses,
    mail: Mail,
) -> Result<(), DeliveryError> {
    let deadline = settings.connect_timeout;
    let session = session(settings, addresses, mail);
    timeout(deadline, session)
        .await
        .unwrap_or(Err(DeliveryError::TooSlow(deadline)))
}

async fn session(
    settings: &MailSettings,
    addresses: &Addresses,
    mail: Mail,
) -> Result<(), DeliveryError> {
    let message = addresses.message(mail, wall_clock())?;
    let server = lookup_host((settings.server.as_str(), settings.port))
        .await?
        .collect::<Vec<_>>();
    let stream = TcpStream::connect(server.as_slice()).await?;
    let hello = settings
        .helo_name
        .clone()
        .map_or_else(ClientId::default, ClientId::Domain);
    let stream = Box::new(Budgeted::new(stream));
    let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &hello).await?;
    connection
        .send(message.envelope(), &message.formatted())
        .await?;
    // The mail is delivered whatever the server says to our goodbye.
    connection.quit().await.ok();
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a mail shows the time of day; nothing is decided by it"
)]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// A server's words, fit for a log line.
fn quoted(text: &str) -> String {
    text.chars()
        .take(QUOTED)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
