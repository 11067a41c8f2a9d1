//! Requests to the routing socket: one answer, a whole table, or many changes at once.

use std::{io, time::Duration};

use futures_util::StreamExt;
use rtnetlink::{
    packet_core::{
        NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
    },
    packet_route::RouteNetlinkMessage,
    proto::ConnectionHandle,
    sys::{SocketAddr, protocols::NETLINK_ROUTE},
};
use tokio::time::timeout;

use super::NetlinkError;

/// How long the kernel may take for one answer; the routing lock is sometimes held for seconds.
pub(super) const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// Changes handed over in one datagram. Their answers fit into the socket's default receive buffer, which
/// charges some 768 bytes for each.
const BATCH: usize = 128;

/// A connection to the kernel. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct RoutingSocket {
    connection: ConnectionHandle<RouteNetlinkMessage>,
}

impl RoutingSocket {
    /// Opens the socket and serves it from a new task of the current runtime.
    pub(super) fn connect() -> io::Result<Self> {
        let (mut connection, handle, _) = rtnetlink::proto::new_connection(NETLINK_ROUTE)?;
        // Changes are counted by their answers, so a success has to come through as well.
        connection.set_forward_ack(true);
        drop(tokio::spawn(connection));
        Ok(Self { connection: handle })
    }

    /// Asks one question and returns what the kernel says.
    pub(super) async fn get(
        &self,
        question: RouteNetlinkMessage,
    ) -> Result<Vec<RouteNetlinkMessage>, NetlinkError> {
        self.answers(question, NLM_F_REQUEST).await
    }

    /// Asks for a whole table.
    pub(super) async fn dump(
        &self,
        question: RouteNetlinkMessage,
    ) -> Result<Vec<RouteNetlinkMessage>, NetlinkError> {
        self.answers(question, NLM_F_REQUEST | NLM_F_DUMP).await
    }

    async fn answers(
        &self,
        question: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<Vec<RouteNetlinkMessage>, NetlinkError> {
        let messages = self.exchange(vec![message(question, flags)]).await?;
        messages
            .into_iter()
            .map(|answer| {
                if let NetlinkPayload::InnerMessage(answer) = answer.payload {
                    return Ok(answer);
                }
                outcome(&answer)?;
                Err(NetlinkError::NotUnderstood(format!("{:?}", answer.payload)))
            })
            .collect()
    }

    /// Makes changes, many per datagram; one result per change, in their order.
    pub(super) async fn change(
        &self,
        changes: Vec<RouteNetlinkMessage>,
        flags: u16,
    ) -> Vec<Result<(), NetlinkError>> {
        let mut results = Vec::with_capacity(changes.len());
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            let batch = changes.by_ref().take(BATCH);
            let batch: Vec<_> = batch
                .map(|change| message(change, NLM_F_REQUEST | NLM_F_ACK | flags))
                .collect();
            let count = batch.len();
            match self.exchange(batch).await {
                // The kernel answers every message of a datagram, in order, whether it liked it or not.
                Ok(answers) if answers.len() == count => {
                    results.extend(answers.iter().map(outcome))
                }
                Ok(_) => results.extend(vec![Err(NetlinkError::Silent); count]),
                Err(error) => results.extend(vec![Err(error); count]),
            }
        }
        results
    }

    async fn exchange(
        &self,
        messages: Vec<NetlinkMessage<RouteNetlinkMessage>>,
    ) -> Result<Vec<NetlinkMessage<RouteNetlinkMessage>>, NetlinkError> {
        let kernel = SocketAddr::new(0, 0);
        let answers = self
            .connection
            .request_batch(messages, kernel)
            .map_err(|_closed| NetlinkError::Closed)?;
        timeout(ANSWER_DEADLINE, answers.collect())
            .await
            .map_err(|_elapsed| NetlinkError::Silent)
    }
}

fn message(content: RouteNetlinkMessage, flags: u16) -> NetlinkMessage<RouteNetlinkMessage> {
    let mut header = NetlinkHeader::default();
    header.flags = flags;
    NetlinkMessage::new(header, NetlinkPayload::from(content))
}

/// Whether this answer is a success.
fn outcome(answer: &NetlinkMessage<RouteNetlinkMessage>) -> Result<(), NetlinkError> {
    if let NetlinkPayload::Error(error) = &answer.payload
        && error.code.is_some()
    {
        return Err(NetlinkError::refused(error.raw_code()));
    }
    Ok(())
}
