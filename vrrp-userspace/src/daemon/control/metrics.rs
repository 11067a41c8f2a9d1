//! The metrics, where `metrics_listen` says: what `xvrrpd status` says, as Prometheus reads it.
//!
//! They are made from the status, by the way everybody asks for it, and at most once in [`FRESH`]: a thousand collectors a second cost the
//! controller ten questions and the election ten copies.

mod page;

use std::{net::SocketAddr, sync::Arc};

use hyper::body::Bytes;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::{JoinHandle, block_in_place},
    time::timeout,
};
use tracing::{info, warn};

use super::{Answer, Ask, Request, status};
use crate::{
    daemon::election::snapshot::FRESH,
    protocol::Monotonic,
    system::{
        clock,
        control_socket::Peer,
        http::{PATIENCE, PageServer, Press},
    },
};

/// Who asks: nobody who might do more than read.
const OURSELVES: Peer = Peer {
    uid: u32::MAX,
    pid: None,
};

/// Where the metrics are to be had.
pub(in crate::daemon) struct Metrics {
    printer: Printer,
    address: Option<SocketAddr>,
    /// Nothing if there is no address, or nobody can listen there.
    server: Option<JoinHandle<()>>,
    /// Why nobody can.
    problem: Option<String>,
}

impl Metrics {
    /// Nowhere yet; what they are made of is asked for at `desk`.
    pub(in crate::daemon) fn new(desk: mpsc::Sender<Ask>) -> Self {
        Self {
            printer: Printer {
                desk,
                last: Arc::default(),
            },
            address: None,
            server: None,
            problem: None,
        }
    }

    /// Has them at `address` from now on and nowhere else. If nobody can listen there the daemon works without, and the next call tries
    /// again.
    pub(in crate::daemon) async fn listen(&mut self, address: Option<SocketAddr>) {
        let is_served = self.server.as_ref().is_some_and(|one| !one.is_finished());
        if self.address == address && is_served {
            return;
        }
        self.close().await;
        self.address = address;
        let Some(address) = address else {
            return;
        };
        match PageServer::bind(address).await {
            Ok(server) => {
                info!("metrics at http://{address}/metrics");
                self.server = Some(tokio::spawn(server.serve(self.printer.clone())));
            }
            Err(error) => {
                let problem = format!(
                    "nothing can listen at {address}: {error}; the next reload tries again"
                );
                warn!("metrics_listen: {problem}");
                self.problem = Some(problem);
            }
        }
    }

    /// The new address may overlap with the old one, so that goes first, and its clients with it.
    async fn close(&mut self) {
        self.problem = None;
        if let Some(server) = self.server.take() {
            server.abort();
            server.await.ok();
        }
    }

    /// Why they are not where they should be.
    pub(in crate::daemon) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Where they are, or why not, for the status.
    pub(in crate::daemon) fn describe(&self) -> Option<status::Metrics> {
        Some(status::Metrics {
            address: self.address?.to_string(),
            problem: self.problem.clone(),
        })
    }
}

/// Makes the page.
#[derive(Debug, Clone)]
struct Printer {
    desk: mpsc::Sender<Ask>,
    /// Whoever comes while it is being made waits for the same.
    last: Arc<Mutex<Option<(Monotonic, Bytes)>>>,
}

impl Press for Printer {
    async fn page(&self) -> Result<Bytes, String> {
        let mut last = self.last.lock().await;
        if let Some((at, page)) = last.as_ref()
            && clock::now().since(*at) < FRESH
        {
            return Ok(page.clone());
        }
        let line = timeout(PATIENCE, self.ask()).await;
        let line = line.map_err(|_| "the daemon is too busy to say".to_owned())??;
        // From the answer on nothing is waited for, so that a client who is cut off costs no other the page. With hundreds of instances it
        // takes milliseconds, which this thread's other tasks spend elsewhere.
        let page = block_in_place(|| printed(&line))?;
        *last = Some((clock::now(), page.clone()));
        Ok(page)
    }
}

impl Printer {
    /// The status, as everybody is told it.
    async fn ask(&self) -> Result<String, String> {
        let stopping = || "the daemon is stopping".to_owned();
        let (answer, answered) = oneshot::channel();
        let ask = Ask {
            request: Request::Status,
            peer: OURSELVES,
            answer,
        };
        self.desk.send(ask).await.map_err(|_| stopping())?;
        Ok(answered.await.map_err(|_| stopping())?.line)
    }
}

fn printed(line: &str) -> Result<Bytes, String> {
    let status = match serde_json::from_str(line).map_err(|error| error.to_string())? {
        Answer::Status(status) => status,
        Answer::Error(reason) => return Err(reason),
        Answer::History(_) | Answer::Changes(_) | Answer::Refused(_) | Answer::Capturing => {
            return Err("the daemon answered something else".into());
        }
    };
    let page = page::of(&status).map_err(|error| error.to_string())?;
    Ok(page.into())
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_crowd_is_one_question() {
        let (desk, mut asks) = mpsc::channel::<Ask>(1);
        let printer = Metrics::new(desk).printer;
        let mut crowd = join_all((0..100).map(|_| printer.page()));
        let mut questions = 0;
        let pages = loop {
            tokio::select! {
                pages = &mut crowd => break pages,
                Some(ask) = asks.recv() => {
                    questions += 1;
                    ask.answer(match questions {
                        1 => Answer::Error("not today".into()),
                        _ => Answer::Status(Box::new(status::tests::nothing())),
                    });
                }
            }
        };
        assert_eq!(pages.iter().filter(|page| page.is_err()).count(), 1);
        // One that was not answered, one that was, and as many more as the machine stood still for a tenth of a second.
        assert!((2..10).contains(&questions), "{questions} questions");
    }
}
