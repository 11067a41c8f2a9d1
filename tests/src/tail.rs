//! Lines that a running program says, gathered as they come.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Every line read so far from a pipe. The reader ends with the pipe.
#[derive(Debug, Clone, Default)]
pub struct Tail {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Tail {
    /// Starts to read.
    pub fn of(pipe: impl Read + Send + 'static) -> Self {
        let tail = Self::default();
        let lines = Arc::clone(&tail.lines);
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                lines
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(line);
            }
        });
        tail
    }

    /// What `read` makes of the lines so far.
    pub fn with<T>(&self, read: impl FnOnce(&[String]) -> T) -> T {
        read(&self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
