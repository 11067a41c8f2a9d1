use std::time::Duration;

use tokio::time::timeout;
use vrrp_ebpf::{abi::Reason, verdict::Verdict};

use super::*;

const REJECTED: Verdict = Verdict::Reject {
    reason: Reason::IpTtl,
    slot: 0,
    family: vrrp_ebpf::abi::FAMILY_IPV4,
    source: [0; 16],
};
const PORT: u16 = 3;

/// An exchange without a program, and the tap of the raw path.
fn open() -> (Exchange, Arc<Tap>) {
    let (tap, tapped) = Tap::new();
    let tap = Arc::new(tap);
    let exchange = Exchange::open(None, Arc::clone(&tap), tapped);
    exchange.learn(Names::from([(PORT, "eth0".into())]));
    (exchange, tap)
}

async fn listen(exchange: &Exchange, pid: i32) -> Reply {
    let (answer, answered) = oneshot::channel();
    let listen = Listen {
        accepted: false,
        pid: Some(pid),
        answer,
    };
    exchange.connect(listen).await;
    answered.await.unwrap()
}

async fn lines(more: &mut mpsc::Receiver<Vec<u8>>) -> Vec<CaptureLine> {
    let text = timeout(Duration::from_secs(10), more.recv()).await;
    let text = String::from_utf8(text.unwrap().unwrap()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

#[tokio::test]
async fn a_listener_is_shown_what_is_rejected_while_he_listens() {
    let (exchange, tap) = open();
    tap.offer(PORT, Layer::Ip, &[9; 40], &REJECTED);
    let reply = listen(&exchange, 7).await;
    assert_eq!(reply.line, r#""capturing""#);
    let mut more = reply.more.unwrap();
    tap.offer(PORT, Layer::Ip, &[0x45, 1, 0xab], &REJECTED);
    let [CaptureLine::Frame(frame)] = &lines(&mut more).await[..] else {
        panic!("one frame and nothing from before");
    };
    assert_eq!((frame.interface.as_str(), frame.length), ("eth0", 3));
    assert_eq!(frame.bytes, [0x45, 1, 0xab]);
    assert_eq!(frame.reason, "ip_ttl");
    assert!(frame.comment.starts_with("ip_ttl: "), "{}", frame.comment);
}

#[tokio::test]
async fn one_listens_at_a_time_and_the_next_when_he_has_gone() {
    let (exchange, tap) = open();
    let first = listen(&exchange, 7).await;
    let refused = listen(&exchange, 8).await;
    assert!(refused.more.is_none());
    assert_eq!(
        refused.line,
        r#"{"error":"process 7 captures already, and one does at a time"}"#
    );
    drop(first);
    let is_closed = async {
        while listen(&exchange, 9).await.more.is_none() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), is_closed).await.unwrap();
    drop(exchange);
    drop(tap);
}

#[tokio::test]
async fn whoever_does_not_read_is_told_what_he_has_missed() {
    let (exchange, tap) = open();
    let mut more = listen(&exchange, 7).await.more.unwrap();
    let offered = 20_000;
    for _ in 0..offered {
        tap.offer(PORT, Layer::Ip, &[0; 40], &REJECTED);
        tokio::task::yield_now().await;
    }
    let (mut shown, mut lost) = (0, 0);
    while shown + lost < offered {
        for line in lines(&mut more).await {
            match line {
                CaptureLine::Frame(_) => shown += 1,
                CaptureLine::Lost(losses) => lost = losses.total(),
            }
        }
    }
    assert_eq!(shown + lost, offered);
    assert!(lost > 0 && shown > 0, "{shown} shown, {lost} lost");
}

#[test]
fn a_frame_that_was_cut_says_how_long_it_was() {
    let mut frame = CapturedFrame {
        time_ns: 5,
        length: 256,
        port: PORT,
        reason: Reason::PacketLength as u8,
        action: 1,
        reserved: [0; 2],
        bytes: [0; 256],
    };
    frame.bytes[12..18].copy_from_slice(&[0x08, 0x00, 0x45, 0, 0x04, 0x00]);
    let (port, caught) = CaughtFrame::of_program(&frame);
    assert_eq!((port, caught.length), (PORT, 14 + 1024));
    assert!(caught.comment.ends_with(" (dropped)"), "{}", caught.comment);
    frame.length = 60;
    assert_eq!(CaughtFrame::of_program(&frame).1.length, 60);
}
