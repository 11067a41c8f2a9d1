//! Where the reporter hears of rejections and claims: the program's ring, and the ears where the program does not judge.

use tokio::sync::mpsc;
use tracing::error;
use vrrp_ebpf::abi::Alert;

use crate::system::datapath::Alerts;

/// Alerts of ears that may wait; each tells ten a second.
pub(in crate::daemon) const EARS: usize = 1024;

/// Alerts taken before tellings have their turn.
const AT_ONCE: usize = 64;

/// Both of them.
pub(in crate::daemon) struct AlertSources {
    program: Option<Alerts>,
    ears: mpsc::Receiver<Alert>,
}

impl AlertSources {
    /// The ring, if there is a program, and the other end of what the ears are given.
    pub(in crate::daemon) const fn new(
        program: Option<Alerts>,
        ears: mpsc::Receiver<Alert>,
    ) -> Self {
        Self { program, ears }
    }

    /// Waits for the next few. Can be given up at any time without losing one.
    pub(in crate::daemon) async fn next(&mut self) -> Vec<Alert> {
        let mut heard = Vec::new();
        tokio::select! {
            alerts = next_of(&mut self.program) => match alerts {
                Ok(alerts) => alerts,
                Err(failure) => {
                    error!("the ring of alerts cannot be read any more: {failure}");
                    self.program = None;
                    Vec::new()
                }
            },
            1.. = self.ears.recv_many(&mut heard, AT_ONCE) => heard,
        }
    }
}

async fn next_of(program: &mut Option<Alerts>) -> std::io::Result<Vec<Alert>> {
    match program {
        Some(alerts) => alerts.next_alerts(AT_ONCE).await,
        None => std::future::pending().await,
    }
}
