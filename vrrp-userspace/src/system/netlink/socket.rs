//! Requests to the routing socket: one answer, a whole table, or many changes at once.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use rtnetlink::{
    packet_core::{
        NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
    },
    packet_route::RouteNetlinkMessage,
    proto::ConnectionHandle,
    sys::{AsyncSocket, SocketAddr, protocols::NETLINK_ROUTE},
};
use tokio::{task::JoinHandle, time::timeout};

use super::NetlinkError;

/// How long the kernel may take for one answer; the routing lock is sometimes held for seconds.
pub(super) const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// Changes handed over in one datagram. Their answers fit into the socket's default receive buffer, which
/// charges some 768 bytes for each.
const BATCH: usize = 128;

/// A connection to the kernel. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct RoutingSocket {
    connection: Arc<Mutex<Connection>>,
    requester: Requester,
}

/// Under what the kernel knows whoever asks through one connection. What it tells everybody about a change says who asked for it.
#[derive(Debug, Clone, Default)]
pub struct Requester(Arc<AtomicU32>);

impl Requester {
    /// The netlink port, which changes if the connection fails and is opened again.
    pub(super) fn port(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether this is the netlink port of the connection.
    #[must_use]
    pub fn is(&self, port: u32) -> bool {
        port != 0 && self.0.load(Ordering::Relaxed) == port
    }
}

/// The way to the task that serves the socket.
#[derive(Debug)]
struct Connection {
    handle: ConnectionHandle<RouteNetlinkMessage>,
    task: JoinHandle<()>,
}

impl Connection {
    /// Opens a socket, whose port is that of `requester` from now on, and serves it from a new task of the current runtime.
    fn open(requester: &Requester) -> io::Result<Self> {
        let (mut connection, handle, _) = rtnetlink::proto::new_connection(NETLINK_ROUTE)?;
        let address = connection.socket_mut().socket_mut().bind_auto()?;
        requester.0.store(address.port_number(), Ordering::Relaxed);
        // So that the kernel picks out what is asked for (4.20 and later). Without that it answers with everything, which is gone through.
        connection
            .socket_mut()
            .socket_mut()
            .set_netlink_get_strict_chk(true)
            .ok();
        // Changes are counted by their answers, so a success has to come through as well.
        connection.set_forward_ack(true);
        Ok(Self {
            handle,
            task: tokio::spawn(connection),
        })
    }
}

impl RoutingSocket {
    /// Opens the socket; needs a runtime.
    pub(super) fn connect() -> io::Result<Self> {
        let requester = Requester::default();
        Ok(Self {
            connection: Arc::new(Mutex::new(Connection::open(&requester)?)),
            requester,
        })
    }

    /// Who asks through this connection.
    pub(super) fn requester(&self) -> Requester {
        self.requester.clone()
    }

    /// The way to the kernel, opened again if the socket failed, as it does when memory is short.
    fn handle(&self) -> Result<ConnectionHandle<RouteNetlinkMessage>, NetlinkError> {
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if connection.task.is_finished() {
            *connection =
                Connection::open(&self.requester).map_err(|_error| NetlinkError::Closed)?;
        }
        Ok(connection.handle.clone())
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

    /// Makes changes, each with its flags, many per datagram; one result per change, in their order.
    pub(super) async fn change(
        &self,
        changes: Vec<(RouteNetlinkMessage, u16)>,
    ) -> Vec<Result<(), NetlinkError>> {
        let mut results = Vec::with_capacity(changes.len());
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            let batch = changes.by_ref().take(BATCH);
            let batch: Vec<_> = batch
                .map(|(change, flags)| message(change, NLM_F_REQUEST | NLM_F_ACK | flags))
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
            .handle()?
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

#[cfg(test)]
mod tests {
    use rtnetlink::packet_route::link::LinkMessage;

    use super::*;

    #[tokio::test]
    async fn a_socket_that_failed_is_opened_again() {
        let socket = RoutingSocket::connect().unwrap();
        let links = async || {
            socket
                .dump(RouteNetlinkMessage::GetLink(LinkMessage::default()))
                .await
                .unwrap()
                .len()
        };
        let before = links().await;
        let abort = socket.connection.lock().unwrap().task.abort_handle();
        abort.abort();
        while !abort.is_finished() {
            tokio::task::yield_now().await;
        }
        assert_eq!(links().await, before);
    }
}
