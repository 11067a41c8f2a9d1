//! A mail server that tries its client's patience.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use anyhow::{Context, Result};
use clap::ValueEnum;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What it does to whoever connects.
    mood: Mood,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mood {
    /// Never says a word.
    Silent,
    /// Greets with a line that never ends.
    Endless,
    /// Greets with a refusal.
    Refusing,
}

/// Serves 127.0.0.1:25 until it is killed.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 25)).context("cannot listen")?;
    let mood = arguments.mood;
    // Silence is kept by holding the connection.
    let mut held = Vec::new();
    for stream in listener.incoming() {
        let stream = stream.context("cannot accept")?;
        match mood {
            Mood::Silent => held.push(stream),
            Mood::Endless => drop(thread::spawn(move || drone(stream))),
            Mood::Refusing => refuse(stream),
        }
    }
    Ok(())
}

fn drone(mut stream: TcpStream) {
    let breath = [b'x'; 4096];
    let mut last = stream.write_all(b"220-");
    while last.is_ok() {
        last = stream.write_all(&breath);
    }
}

fn refuse(mut stream: TcpStream) {
    // Whether the refusal is read is the client's business.
    drop(stream.write_all(b"554 no mail is taken here\r\n"));
}
