//! Keys, from the terminal or from standard input.

use std::io::{self, BufReader, Read as _};
use std::sync::mpsc::SyncSender;
use std::thread;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::Input;

/// Begins to wait for keys of a terminal in raw mode; ends with the process.
pub(super) fn watch_terminal(inputs: SyncSender<Input>) -> io::Result<()> {
    let watch = move || {
        while let Ok(event) = event::read() {
            if let Some(input) = input(&event) {
                // One key more than anybody takes is lost.
                drop(inputs.try_send(input));
            }
        }
    };
    thread::Builder::new()
        .name("keyboard".into())
        .spawn(watch)
        .map(drop)
}

/// Begins to read keys that somebody writes; the end of them is not the end of anything else.
pub(super) fn watch_input(inputs: SyncSender<Input>) -> io::Result<()> {
    let watch = move || {
        for byte in BufReader::new(io::stdin()).bytes().map_while(Result::ok) {
            if byte != b'\n' && inputs.send(Input::Key(char::from(byte))).is_err() {
                break;
            }
        }
    };
    thread::Builder::new()
        .name("keyboard".into())
        .spawn(watch)
        .map(drop)
}

fn input(event: &Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => character(key).map(Input::Key),
        Event::Resize(..) => Some(Input::Resized),
        Event::Key(_)
        | Event::FocusGained
        | Event::FocusLost
        | Event::Mouse(_)
        | Event::Paste(_) => None,
    }
}

/// In raw mode Ctrl-C is a key like any other.
fn character(key: &KeyEvent) -> Option<char> {
    let character = if key.code == KeyCode::Tab {
        '\t'
    } else {
        key.code.as_char()?
    };
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (character == 'c').then_some('q');
    }
    Some(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_c_is_the_way_out_and_no_other_control_key_breaks_anything() {
        let with = |code, modifiers| character(&KeyEvent::new(code, modifiers));
        let control = KeyModifiers::CONTROL;
        assert_eq!(with(KeyCode::Char('c'), control), Some('q'));
        assert_eq!(with(KeyCode::Char('k'), control), None);
        assert_eq!(with(KeyCode::Char('c'), KeyModifiers::NONE), Some('c'));
        assert_eq!(with(KeyCode::Char('H'), KeyModifiers::SHIFT), Some('H'));
        assert_eq!(with(KeyCode::Tab, KeyModifiers::NONE), Some('\t'));
        assert_eq!(with(KeyCode::Enter, KeyModifiers::NONE), None);
    }
}
