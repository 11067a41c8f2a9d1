//! One client, from its request to the end of the answer.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::timeout,
};

use super::{LONGEST_REQUEST, Limits, Office, Peer, Reply};

/// Hears one request and answers it.
pub(super) async fn converse(
    stream: UnixStream,
    peer: Peer,
    office: &impl Office,
    limits: Limits,
) -> io::Result<()> {
    let Limits {
        patience,
        answering,
    } = limits;
    let (mut reader, mut writer) = stream.into_split();
    let reply = match timeout(patience, request(&mut reader)).await {
        Ok(Ok(Some(line))) => match timeout(answering, office.answer(line, peer)).await {
            Ok(reply) => reply,
            Err(_elapsed) => complaint(
                office,
                "the daemon takes too long to answer; what was asked for may still be done",
            ),
        },
        Ok(Ok(None)) => return Ok(()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidInput => {
            complaint(office, &error.to_string())
        }
        Ok(Err(error)) => return Err(error),
        Err(_elapsed) => complaint(office, "no request came in time"),
    };
    let line = format!("{}\n", reply.line);
    timeout(patience, writer.write_all(line.as_bytes())).await??;
    match reply.more {
        Some(more) => pass_on(more, &mut reader, &mut writer, patience).await,
        None => Ok(()),
    }
}

fn complaint(office: &impl Office, text: &str) -> Reply {
    office.complaint(text).into()
}

/// The first line, or what there is of it when the client says no more; nothing if it says nothing.
async fn request(reader: &mut OwnedReadHalf) -> io::Result<Option<Vec<u8>>> {
    let limit = LONGEST_REQUEST as u64 + 1;
    let mut line = Vec::new();
    BufReader::new(reader.take(limit))
        .read_until(b'\n', &mut line)
        .await?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > LONGEST_REQUEST {
        let complaint = format!("a request is one line of at most {LONGEST_REQUEST} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, complaint));
    } else if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(line))
}

/// Until there is no more, or the client is too slow, hangs up, or says that it will say no more.
async fn pass_on(
    mut more: mpsc::Receiver<Vec<u8>>,
    reader: &mut OwnedReadHalf,
    writer: &mut OwnedWriteHalf,
    patience: Duration,
) -> io::Result<()> {
    let mut ignored = [0; 64];
    loop {
        tokio::select! {
            part = more.recv() => match part {
                Some(part) => timeout(patience, writer.write_all(&part)).await??,
                None => return Ok(()),
            },
            length = reader.read(&mut ignored) => if length? == 0 {
                return Ok(());
            },
        }
    }
}
