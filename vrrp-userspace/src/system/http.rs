//! One page by HTTP, for whoever collects it: `GET /metrics` and nothing else.
//!
//! Everything is bounded: [`PLACES`] connections at a time, one request each, [`PATIENCE`] from the first byte to the last, and
//! hyper's limits on a request. Whoever comes when every place is taken gets the place of him who has been there longest: a page
//! takes milliseconds, so that is somebody who does not ask, or does not read. No client costs anybody but clients.

use std::{collections::VecDeque, convert::Infallible, io, net::SocketAddr, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tracing::warn;

/// Connections that are served at a time.
pub const PLACES: usize = 32;
/// How long a connection may last.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Where the page is.
const PATH: &str = "/metrics";
/// What it is: Prometheus' text format.
const TYPE: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
/// What else is said.
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// The longest head of a request, which is the least that hyper can be told.
const LONGEST_HEAD: usize = 8192;
/// How long to wait when no client can be accepted because a resource has run out.
const BREATH: Duration = Duration::from_secs(1);

/// Who makes the page.
pub trait Press: Clone + Send + Sync + 'static {
    /// The page as it is now, or why there is none.
    fn page(&self) -> impl Future<Output = Result<Bytes, String>> + Send;
}

/// A socket that listens for clients.
#[derive(Debug)]
pub struct PageServer(TcpListener);

impl PageServer {
    /// Listens at `address`.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }

    /// Serves clients for as long as it is polled. They all go when it is dropped.
    pub async fn serve(self, press: impl Press) {
        let mut clients = Clients::default();
        loop {
            match self.0.accept().await {
                Ok((stream, _)) => clients.admit(stream, press.clone()),
                Err(error) => {
                    warn!("no client of the metrics can be accepted: {error}");
                    sleep(BREATH).await;
                }
            }
        }
    }
}

/// Those who are served.
#[derive(Default)]
struct Clients {
    tasks: JoinSet<()>,
    /// Who has been there longest stands in front.
    places: VecDeque<AbortHandle>,
}

impl Clients {
    fn admit(&mut self, stream: TcpStream, press: impl Press) {
        while self.tasks.try_join_next().is_some() {}
        self.places.retain(|client| !client.is_finished());
        if self.places.len() >= PLACES
            && let Some(longest) = self.places.pop_front()
        {
            longest.abort();
        }
        self.places
            .push_back(self.tasks.spawn(converse(stream, press)));
    }
}

/// One request, one answer.
async fn converse(stream: TcpStream, press: impl Press) {
    let service = service_fn(move |request| {
        let press = press.clone();
        async move { Ok::<_, Infallible>(answer(&request, &press).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(LONGEST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever hangs up early or is too slow has nobody to complain to.
    timeout(PATIENCE, connection).await.ok();
}

async fn answer(request: &Request<Incoming>, press: &impl Press) -> Response<Full<Bytes>> {
    if request.uri().path() != PATH {
        return told(StatusCode::NOT_FOUND, "there is /metrics and nothing else");
    }
    if request.method() != Method::GET {
        let mut response = told(StatusCode::METHOD_NOT_ALLOWED, "it can be got, no more");
        let allowed = HeaderValue::from_static("GET");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    match press.page().await {
        Ok(page) => response(StatusCode::OK, TYPE, page),
        Err(reason) => told(StatusCode::SERVICE_UNAVAILABLE, &reason),
    }
}

fn told(status: StatusCode, what: &str) -> Response<Full<Bytes>> {
    response(status, PLAIN, format!("{what}\n").into())
}

fn response(status: StatusCode, kind: HeaderValue, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[derive(Clone)]
    struct Pages(Result<&'static str, &'static str>);

    impl Press for Pages {
        async fn page(&self) -> Result<Bytes, String> {
            self.0.map(Bytes::from).map_err(str::to_owned)
        }
    }

    /// A server of `pages` on a port of its own, for as long as the test runs.
    async fn serving(pages: Pages) -> SocketAddr {
        let server = PageServer::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let address = server.0.local_addr().unwrap();
        drop(tokio::spawn(server.serve(pages)));
        address
    }

    async fn asked(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        // Whoever is thrown out in the middle of garbage may be told so by a reset.
        stream.read_to_end(&mut answer).await.ok();
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn the_page_is_got_once_per_connection() {
        let address = serving(Pages(Ok("up 1\n"))).await;
        let said = asked(address, b"GET /metrics?x=y HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
        assert!(said.contains("text/plain; version=0.0.4"), "{said}");
        assert!(said.contains("connection: close"), "{said}");
        assert!(said.ends_with("\r\n\r\nup 1\n"), "{said}");
    }

    #[tokio::test]
    async fn everything_else_is_refused() {
        let address = serving(Pages(Ok("up 1\n"))).await;
        for (request, answer) in [
            (&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], "404"),
            (b"GET /metrics/.. HTTP/1.1\r\nHost: x\r\n\r\n", "404"),
            (b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "405"),
            (b"DELETE /metrics HTTP/1.0\r\n\r\n", "405"),
            (b"\x00\xff\x00 garbage\r\n\r\n", "400"),
        ] {
            let said = asked(address, request).await;
            assert_eq!(said.get(9..12), Some(answer), "{said}");
        }
        let endless = [&b"GET /metrics HTTP/1.1\r\nx: "[..], &vec![b'y'; 100_000]].concat();
        let said = asked(address, &endless).await;
        assert!(!said.contains("200 OK"), "{said}");
        let address = serving(Pages(Err("the daemon is stopping"))).await;
        let said = asked(address, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(said.starts_with("HTTP/1.1 503 "), "{said}");
        assert!(said.ends_with("the daemon is stopping\n"), "{said}");
    }

    #[test]
    fn the_bounds_are_documented() {
        let documented = include_str!("../../../docs/metrics.md");
        for row in [
            format!("| connections | {PLACES}. "),
            format!("| the head of a request | {LONGEST_HEAD} bytes; "),
        ] {
            assert!(documented.contains(&row), "{row}");
        }
        assert_eq!(PATIENCE, Duration::from_secs(5));
        assert!(documented.contains("one request; five seconds from the first byte"));
    }

    /// Who has been there longest without asking goes; who asks is answered.
    #[tokio::test]
    async fn whoever_asks_finds_a_place() {
        let address = serving(Pages(Ok("up 1\n"))).await;
        let mut silent = Vec::new();
        for _ in 0..3 * PLACES {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET /metr").await.unwrap();
            silent.push(stream);
            let said = asked(address, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
            assert!(said.ends_with("up 1\n"), "{said}");
        }
        let mut first = silent.remove(0);
        let mut rest = Vec::new();
        first.read_to_end(&mut rest).await.ok();
        assert!(rest.is_empty(), "the first has had to go");
    }
}
