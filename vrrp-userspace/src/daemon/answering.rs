//! What the controller answers to whoever asks by the control socket.

use super::{
    control::{Answer, Ask, Request},
    controller::{Controller, Staff},
};

impl Controller {
    /// Does what is asked, and says what came of it.
    pub(super) async fn answer(&mut self, ask: Ask, staff: &mut Staff) {
        let answer = match &ask.request {
            Request::Status => match self.status().await {
                Ok(status) => Answer::Status(Box::new(status)),
                Err(unheard) => Answer::Error(unheard.to_string()),
            },
            Request::Reload => self.reload(staff).await.into(),
            Request::Preview { file } => self.preview(file.clone()).await.into(),
        };
        ask.answer(answer);
    }
}
