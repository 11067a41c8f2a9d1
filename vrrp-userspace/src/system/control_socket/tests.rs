use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    sync::mpsc,
    time::timeout,
};

use super::*;

/// Says what it heard; "more" is answered with more, and "nothing" never.
#[derive(Clone)]
struct Echo;

impl Office for Echo {
    async fn answer(&self, request: Vec<u8>, peer: Peer) -> Reply {
        let request = String::from_utf8_lossy(&request).into_owned();
        let line = format!("{request} from {}", peer.uid);
        match request.as_str() {
            "nothing" => std::future::pending().await,
            "large" => "x".repeat(10_000_000).into(),
            "more" => {
                let (sender, more) = mpsc::channel(1);
                drop(tokio::spawn(async move {
                    for part in ["one ", "two "] {
                        sender.send(part.into()).await.ok();
                    }
                    // Ends when the client has gone.
                    sender.closed().await;
                }));
                Reply {
                    line,
                    more: Some(more),
                }
            }
            _ => line.into(),
        }
    }

    fn complaint(&self, text: &str) -> String {
        format!("complaint: {text}")
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn serve(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("a.sock");
    let socket = ControlSocket::bind(path.clone(), None).unwrap();
    drop(tokio::spawn(socket.serve(Echo)));
    path
}

/// Everything that is answered until the daemon hangs up, even on somebody who has not said everything.
async fn answer(path: &Path, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(path).await.unwrap();
    stream.write_all(request).await.ok();
    read(&mut stream).await
}

async fn read(stream: &mut UnixStream) -> String {
    let mut answer = Vec::new();
    timeout(Duration::from_secs(60), stream.read_to_end(&mut answer))
        .await
        .unwrap()
        .ok();
    String::from_utf8(answer).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_socket_lies_beside_the_pid_file() {
    let place = |name: &str| beside(Path::new(name)).display().to_string();
    assert_eq!(place("/x/a.pid"), "/x/a.sock");
    assert_eq!(place("/x/a.1"), "/x/a.1.sock");
    assert_eq!(place("/x/a.2"), "/x/a.2.sock");
    assert_eq!(place("/x/a.sock"), "/x/a.sock.sock");
}

#[tokio::test]
async fn a_line_is_answered_by_a_line_and_the_client_is_known() {
    let folder = folder();
    let path = serve(&folder);
    let uid = rustix::process::getuid().as_raw();
    assert_eq!(
        answer(&path, b"hello\nand more\n").await,
        format!("hello from {uid}\n")
    );
    let asked = tokio::task::spawn_blocking(move || ask(&path, "hello").unwrap());
    assert_eq!(asked.await.unwrap(), format!("hello from {uid}"));
}

#[tokio::test]
async fn nobody_but_its_owner_can_connect_unless_there_is_a_group() {
    let folder = folder();
    let path = folder.path().join("a.sock");
    let socket = ControlSocket::bind(path.clone(), None).unwrap();
    assert_eq!(mode(&path), 0o600);
    drop(socket);
    assert!(!path.exists());

    let group = rustix::process::getgid().as_raw();
    let socket = ControlSocket::bind(path.clone(), Some(group)).unwrap();
    assert_eq!(mode(&path), 0o660);
    drop(socket);
}

#[tokio::test]
async fn the_socket_of_a_dead_daemon_makes_way_and_nothing_else_does() {
    let folder = folder();
    let path = folder.path().join("a.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let first = ControlSocket::bind(path.clone(), None).unwrap();

    let second = ControlSocket::bind(path.clone(), None);
    assert!(matches!(second, Err(ControlSocketError::Taken(_))));
    remove_stale(&path);
    assert!(path.exists(), "a socket that is listened at stays");
    drop(first);

    fs::write(&path, "precious").unwrap();
    let third = ControlSocket::bind(path.clone(), None);
    assert!(matches!(third, Err(ControlSocketError::InTheWay(_))));
    remove_stale(&path);
    assert!(path.exists());
}

#[tokio::test]
async fn a_socket_that_has_taken_our_place_stays_when_we_go() {
    let folder = folder();
    let path = folder.path().join("a.sock");
    let first = ControlSocket::bind(path.clone(), None).unwrap();
    fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    let second = ControlSocket::bind(path.clone(), None).unwrap();
    drop(first);
    assert!(path.exists());
    drop(second);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_request_without_an_end_is_refused_at_its_limit() {
    let folder = folder();
    let path = serve(&folder);
    let just_right = vec![b'x'; LONGEST_REQUEST];
    let said = answer(&path, &[just_right.as_slice(), b"\n"].concat()).await;
    assert!(said.starts_with("xxx"), "{said}");
    let said = answer(&path, &vec![b'x'; LONGEST_REQUEST + 1]).await;
    assert_eq!(
        said,
        "complaint: a request is one line of at most 16384 bytes\n"
    );
}

#[tokio::test]
async fn who_says_nothing_and_who_is_not_answered_wait_for_a_limited_time() {
    let folder = folder();
    let path = folder.path().join("a.sock");
    let mut socket = ControlSocket::bind(path.clone(), None).unwrap();
    socket.limits = Limits {
        patience: Duration::from_millis(50),
        answering: Duration::from_millis(50),
    };
    drop(tokio::spawn(socket.serve(Echo)));
    let mut silent = UnixStream::connect(&path).await.unwrap();
    assert_eq!(
        read(&mut silent).await,
        "complaint: no request came in time\n"
    );
    assert_eq!(
        answer(&path, b"nothing\n").await,
        "complaint: the daemon takes too long to answer; what was asked for may still be done\n"
    );
}

#[tokio::test]
async fn a_client_that_does_not_read_keeps_nobody_else_waiting() {
    let folder = folder();
    let path = serve(&folder);
    let mut deaf = UnixStream::connect(&path).await.unwrap();
    deaf.write_all(b"large\n").await.unwrap();
    assert!(answer(&path, b"hello\n").await.starts_with("hello"));
}

#[tokio::test]
async fn who_finds_no_place_is_told_so_and_places_become_free() {
    let folder = folder();
    let path = serve(&folder);
    let mut waiting = Vec::new();
    for _ in 0..PLACES {
        waiting.push(UnixStream::connect(&path).await.unwrap());
    }
    // The last of them has been accepted when the next is refused.
    assert_eq!(
        answer(&path, b"hello\n").await,
        "complaint: 32 others are being served; ask again in a moment\n"
    );
    waiting.pop();
    let served = async {
        while !answer(&path, b"hello\n").await.starts_with("hello") {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), served).await.unwrap();
}

#[tokio::test]
async fn an_answer_may_go_on_until_the_client_goes() {
    let folder = folder();
    let path = serve(&folder);
    let mut stream = UnixStream::connect(&path).await.unwrap();
    stream.write_all(b"more\n").await.unwrap();
    let mut said = Vec::new();
    while !said.ends_with(b"two ") {
        assert_ne!(stream.read_buf(&mut said).await.unwrap(), 0);
    }
    stream.shutdown().await.unwrap();
    assert_eq!(read(&mut stream).await, "");
}
