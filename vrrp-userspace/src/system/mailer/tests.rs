//! Servers of all kinds, on loopback.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use super::*;

#[tokio::test]
async fn a_mail_arrives() {
    let (server, settings) = server().await;
    let serving = tokio::spawn(async move { polite(accept(&server).await).await.unwrap() });
    attempt(&settings).await.unwrap();
    let session = serving.await.unwrap();
    let expected = [
        "EHLO lb1",
        "MAIL FROM:<lb1@example.com>",
        "RCPT TO:<a@example.com>",
    ];
    assert_eq!(session[..3], expected);
    assert!(
        session.contains(&"Subject: subject".to_owned()),
        "{session:?}"
    );
    assert!(
        session.contains(&"..a line that begins with a dot".to_owned()),
        "{session:?}"
    );
    assert_eq!(session.last().unwrap(), "QUIT");
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_at_the_deadline() {
    let (server, settings) = server().await;
    let serving = tokio::spawn(async move { (accept(&server).await, sleep(LONG).await) });
    assert_eq!(failure(&settings).await, "not done within 0.500 s");
    serving.abort();
}

#[tokio::test]
async fn a_server_that_drips_is_left_at_the_deadline() {
    let answer = failure_when(async |mut client| {
        for _ in 0..1000 {
            client.write_all(b"2").await?;
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    });
    assert_eq!(answer.await, "not done within 0.500 s");
}

#[tokio::test]
async fn an_endless_line_is_cut_off() {
    let answer = failure_when(async |mut client| {
        loop {
            client.write_all(&[b'2'; 4096]).await?;
        }
    });
    assert_eq!(
        answer.await,
        "network error: the server sent a line longer than 4 KiB"
    );
}

#[tokio::test]
async fn a_million_lines_are_cut_off() {
    let answer = failure_when(async |mut client| {
        for _ in 0..1_000_000 {
            client.write_all(b"220-and another thing\r\n").await?;
        }
        Ok(())
    });
    assert_eq!(
        answer.await,
        "network error: the server sent over 256 lines"
    );
}

#[tokio::test]
async fn a_refusal_is_told_in_the_server_s_words_but_not_in_all_of_them() {
    let answer = failure_when(async |mut client| {
        client
            .write_all(format!("554 go \x1b[31maway {}\r\n", "x".repeat(900)).as_bytes())
            .await
    });
    let answer = answer.await;
    assert!(
        answer.starts_with("permanent error (554): go  [31maway xxx"),
        "{answer}"
    );
    assert!(answer.len() <= 200, "{answer}");
}

#[tokio::test]
async fn a_server_that_hangs_up_during_the_message_is_a_failure() {
    let answer = failure_when(async |client| {
        let mut client = BufReader::new(client);
        client.write_all(b"220 hello\r\n").await?;
        let mut line = String::new();
        while !line.starts_with("DATA") {
            line.clear();
            client.read_line(&mut line).await?;
            client
                .write_all(if line.starts_with("DATA") {
                    b"354 go\r\n"
                } else {
                    b"250 ok\r\n"
                })
                .await?;
        }
        Ok(())
    });
    let answer = answer.await;
    assert!(
        answer.starts_with("network error") || answer.starts_with("response error"),
        "{answer}"
    );
}

#[tokio::test]
async fn binary_garbage_is_a_failure() {
    let answer = failure_when(async |mut client| {
        client
            .write_all(&[0, 255, 254, b'\n', 0, 128, b'\n'])
            .await?;
        client.read_to_end(&mut Vec::new()).await.map(drop)
    });
    let answer = answer.await;
    assert!(answer.contains("UTF-8"), "{answer}");
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_failures() {
    let (server, mut settings) = server().await;
    drop(server);
    assert!(failure(&settings).await.contains("refused"));
    settings.server = "no such host.invalid".into();
    assert!(!failure(&settings).await.is_empty());
}

#[tokio::test]
async fn handing_in_never_waits_and_the_newest_mails_win() {
    let queue = Queue::default();
    (0..QUEUE + 10).for_each(|number| queue.push(mail(&number.to_string())));
    let (oldest, given_up) = queue.next().await.unwrap();
    assert_eq!((oldest.subject.as_str(), given_up), ("10", 10));
    queue.close();
    for _ in 1..QUEUE {
        assert_eq!(queue.next().await.unwrap().1, 0);
    }
    assert_eq!(queue.next().await, None);
}

#[tokio::test]
async fn finishing_delivers_what_waits() {
    let (server, settings) = server().await;
    let mailer = Mailer::start(settings).unwrap();
    (0..3).for_each(|_| mailer.send(mail("subject")));
    let serving = tokio::spawn(async move {
        for _ in 0..3 {
            polite(accept(&server).await).await.unwrap();
        }
    });
    mailer.finish(LONG).await;
    timeout(LONG, serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn finishing_does_not_wait_for_a_dead_server() {
    let (_server, settings) = server().await;
    let mailer = Mailer::start(MailSettings {
        connect_timeout: LONG * 10,
        ..settings
    })
    .unwrap();
    mailer.send(mail("subject"));
    timeout(LONG, mailer.finish(Duration::from_millis(10)))
        .await
        .unwrap();
}

#[tokio::test]
async fn settings_without_receivers_are_refused() {
    let settings = MailSettings {
        from: "a@b".into(),
        ..MailSettings::new("127.0.0.1")
    };
    assert_eq!(
        Mailer::start(settings).unwrap_err(),
        MailSettingsError::NoReceiver
    );
}

/// A server that is not answered by this deadline would never be.
const LONG: Duration = Duration::from_secs(10);

async fn server() -> (TcpListener, MailSettings) {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = MailSettings {
        port: server.local_addr().unwrap().port(),
        connect_timeout: Duration::from_millis(500),
        from: "lb1@example.com".into(),
        to: vec!["a@example.com".into()],
        helo_name: Some("lb1".into()),
        ..MailSettings::new("127.0.0.1")
    };
    (server, settings)
}

async fn accept(server: &TcpListener) -> TcpStream {
    server.accept().await.unwrap().0
}

/// Why a delivery to a server that behaves so fails, which it does in time.
async fn failure_when<Serving>(
    behaviour: impl FnOnce(TcpStream) -> Serving + Send + 'static,
) -> String
where
    Serving: Future<Output = io::Result<()>> + Send,
{
    let (server, settings) = server().await;
    let serving = tokio::spawn(async move { behaviour(accept(&server).await).await });
    let answer = failure(&settings).await;
    serving.abort();
    answer
}

async fn failure(settings: &MailSettings) -> String {
    attempt(settings).await.unwrap_err().to_string()
}

async fn attempt(settings: &MailSettings) -> Result<(), delivery::DeliveryError> {
    let addresses = Addresses::new(settings).unwrap();
    timeout(LONG, deliver(settings, &addresses, mail("subject")))
        .await
        .expect("ends in time")
}

fn mail(subject: &str) -> Mail {
    Mail {
        subject: subject.into(),
        body: "text\n.a line that begins with a dot\n".into(),
    }
}

/// Takes one mail as RFC 5321 wants it and returns the lines heard.
async fn polite(client: TcpStream) -> io::Result<Vec<String>> {
    let mut client = BufReader::new(client);
    let mut heard = Vec::new();
    let mut is_message = false;
    client.write_all(b"220 hello\r\n").await?;
    while heard.last().is_none_or(|line| line != "QUIT") {
        let mut line = String::new();
        client.read_line(&mut line).await?;
        heard.push(line.trim_end().to_owned());
        is_message = match line.trim_end() {
            "." => false,
            "DATA" => {
                client.write_all(b"354 go on\r\n").await?;
                true
            }
            _ if is_message => continue,
            _ => false,
        };
        if !is_message {
            client.write_all(b"250 ok\r\n").await?;
        }
    }
    Ok(heard)
}
