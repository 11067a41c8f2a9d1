//! What the controller answers to whoever asks by the control socket.

use super::{
    capture::Listen,
    control::{Answer, Ask, Request},
    controller::Controller,
    errands::{Errand, Errands},
    history::{History, Which},
};

impl Controller {
    /// Does what is asked, or puts it in the queue of what takes longer.
    pub(super) async fn answer(&mut self, ask: Ask, errands: &mut Errands) {
        match &ask.request {
            Request::Capture { accepted } => {
                let listen = Listen {
                    accepted: *accepted,
                    pid: ask.peer.pid,
                    answer: ask.answer,
                };
                self.capture.connect(listen).await;
            }
            Request::Status => {
                let line = self.status_line().await;
                ask.answer_again(line);
            }
            Request::History(which) => {
                let answer = self.history(which).await;
                ask.answer(answer);
            }
            Request::Reload => errands.add(Errand::Reload(vec![ask])),
            Request::Preview { file } => {
                let file = file.clone();
                errands.add(Errand::Preview(ask, file));
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
