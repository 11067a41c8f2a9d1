//! What the controller answers to whoever asks by the control socket.

use super::{
    control::{Answer, Ask, Request},
    controller::{Controller, Staff},
    history::{History, Which},
};

impl Controller {
    /// Does what is asked, and says what came of it.
    pub(super) async fn answer(&mut self, ask: Ask, staff: &mut Staff) {
        match &ask.request {
            Request::Status => {
                let line = self.status_line().await;
                ask.answer_again(line);
            }
            Request::History(which) => {
                let answer = self.history(which).await;
                ask.answer(answer);
            }
            Request::Reload => {
                let outcome = self.reload(staff).await;
                ask.answer(outcome.into());
            }
            Request::Preview { file } => {
                let outcome = self.preview(file.clone()).await;
                ask.answer(outcome.into());
            }
        }
    }

    /// What every router has become.
    async fn history(&mut self, which: &Which) -> Answer {
        let past = match self.lookout.past().await {
            Ok(past) => past,
            Err(unheard) => return Answer::Error(unheard.to_string()),
        };
        if let Some(wanted) = &which.instance
            && !past.names.contains(wanted)
            && !past.turns.iter().any(|turn| turn.who.instance == *wanted)
        {
            let mut names = past.names.clone();
            names.sort();
            names.dedup();
            let names = names.join(", ");
            return Answer::Error(format!(
                "there is and was no instance {wanted}; there are, or were, {names}"
            ));
        }
        self.insight.wall.look();
        Answer::History(Box::new(History::of(&past, which, &self.insight.wall)))
    }

    /// What the daemon is doing, or was less than a tenth of a second ago.
    async fn status_line(&mut self) -> String {
        if let Some(line) = self.insight.fresh_answer() {
            return line;
        }
        match self.status().await {
            Ok((at, status)) => {
                let line = Answer::Status(Box::new(status)).line();
                self.insight.keep(at, &line);
                line
            }
            Err(unheard) => Answer::Error(unheard.to_string()).line(),
        }
    }
}
