//! Signals that end it: what they find open is closed by the thread that opened it.

use std::io;
use std::sync::mpsc::SyncSender;
use std::thread;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Input;

const SIGNALS: [SignalKind; 4] = [
    SignalKind::interrupt(),
    SignalKind::terminate(),
    SignalKind::hangup(),
    SignalKind::quit(),
];

/// Begins to wait for them.
pub(super) fn watch(inputs: SyncSender<Input>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let signals = {
        let _inside = runtime.enter();
        SIGNALS
            .map(|kind| signal(kind).map(|signal| (kind.as_raw_value(), signal)))
            .into_iter()
            .collect::<io::Result<Vec<_>>>()?
    };
    let watch = move || {
        runtime.block_on(async {
            let waiting = signals.into_iter().map(|(number, signal)| {
                let inputs = inputs.clone();
                tokio::spawn(pass_on(number, signal, inputs))
            });
            for waiting in waiting.collect::<Vec<_>>() {
                drop(waiting.await);
            }
        });
    };
    thread::Builder::new()
        .name("signals".into())
        .spawn(watch)
        .map(drop)
}

/// The channel being full is no reason to lose a signal: the first thread makes room.
async fn pass_on(number: i32, mut signal: Signal, inputs: SyncSender<Input>) {
    while signal.recv().await.is_some() {
        if inputs.send(Input::Signal(number)).is_err() {
            break;
        }
    }
}
