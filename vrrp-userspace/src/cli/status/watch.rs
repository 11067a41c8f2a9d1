//! `xvrrpd status --watch`: the status again and again, on a full screen where there is one.
//!
//! One thread waits for keys and one asks the daemon; both tell the first, which alone has the model and the terminal, through one bounded
//! channel. A key that finds it full is lost. A daemon that is gone, or does not answer, is said so and asked again, for as long as it takes;
//! how it was last seen stays on the screen.

mod lanes;
mod model;
mod view;

use std::{io, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, anyhow};
use jiff::tz::TimeZone;
use ratatui::{
    DefaultTerminal,
    crossterm::{
        cursor,
        event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
        execute, terminal,
    },
};
use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
    task::spawn_blocking,
    time::{interval, sleep},
};

use self::{
    model::{Key, Model},
    view::Theme,
};
use super::{super::complain, Arguments, COLUMNS, is_coloured, is_on_a_screen, only, page, print};
use crate::daemon::{Answer, Request, status::Status};

/// Between an answer and the next question, on a screen.
const EVERY: Duration = Duration::from_millis(500);
/// And between pages that nobody scrolls.
const EVERY_PAGE: Duration = Duration::from_secs(2);
/// Keys that may wait.
const KEYS: usize = 64;
/// A signal's number above this is the exit code of whom it ended.
const SIGNALLED: u8 = 128;

/// Watches until somebody has seen enough.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let is_full = is_on_a_screen() && !arguments.json;
    let code = runtime.block_on(async {
        if is_full {
            on_a_screen(arguments).await
        } else {
            in_pages(arguments).await
        }
    });
    // Neither the keyboard nor a daemon that does not answer is waited for.
    runtime.shutdown_background();
    code
}

/// Asks once, without complaining.
async fn ask(arguments: &Arguments) -> Result<Status, String> {
    let (whom, instance) = (arguments.whom.clone(), arguments.instance.clone());
    let asked = spawn_blocking(move || {
        let answer = whom.request(&Request::Status)?;
        let status = super::take(answer).map_err(|other| anyhow!(in_words(other)))?;
        only(status, instance.as_deref())
    });
    let status = asked.await.map_err(|failure| failure.to_string())?;
    status.map_err(|failure| format!("{failure:#}"))
}

async fn ask_after(pause: Duration, arguments: &Arguments) -> Result<Status, String> {
    sleep(pause).await;
    ask(arguments).await
}

fn in_words(other: Answer) -> String {
    match other {
        Answer::Error(reason) => reason,
        Answer::Status(_)
        | Answer::History(_)
        | Answer::Changes(_)
        | Answer::Refused(_)
        | Answer::Capturing => "the daemon answered something else".into(),
    }
}

/// Pages, or lines of JSON, until a signal comes or nobody reads any more. What goes wrong is said where nobody takes it for a page.
async fn in_pages(arguments: &Arguments) -> Result<ExitCode> {
    let mut signals = Signals::new()?;
    let colours = is_coloured(&io::stdout());
    let mut is_first = true;
    loop {
        let text = match ask(arguments).await {
            Ok(status) if arguments.json => format!("{}\n", serde_json::to_string(&status)?),
            Ok(status) => {
                let page = page(&status, &TimeZone::system(), COLUMNS).to_text(colours);
                let rule = if is_first { "" } else { "\n" };
                is_first = false;
                format!("{rule}{page}")
            }
            Err(trouble) => {
                complain(&format!("xvrrpd: {trouble}"));
                String::new()
            }
        };
        if !print(&text)? {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::select! {
            code = signals.next() => return Ok(code),
            () = sleep(EVERY_PAGE) => {}
        }
    }
}

/// A full screen until somebody leaves it.
async fn on_a_screen(arguments: &Arguments) -> Result<ExitCode> {
    let mut signals = Signals::new()?;
    restore_before_panics();
    let mut screen = Screen::open().context("the terminal does not take a full screen")?;
    let (sender, mut told) = mpsc::channel(KEYS);
    watch_keys(sender)?;
    let mut model = Model::new(arguments.whom.socket(), TimeZone::system());
    let mut seconds = interval(Duration::from_secs(1));
    let mut unanswered = 0;
    let mut answer = Box::pin(ask_after(Duration::ZERO, arguments));
    loop {
        screen.show(&mut model)?;
        tokio::select! {
            outcome = &mut answer => {
                unanswered = 0;
                model.take(outcome);
                answer = Box::pin(ask_after(EVERY, arguments));
            }
            key = told.recv() => match key {
                Some(Input::Key(Key::Quit)) | None => return Ok(ExitCode::SUCCESS),
                Some(Input::Key(key)) => model.press(key),
                Some(Input::Resized) => {}
            },
            _ = seconds.tick() => {
                unanswered += 1;
                model.unanswered(unanswered);
            }
            code = signals.next() => return Ok(code),
        }
    }
}

/// What the terminal tells.
enum Input {
    Key(Key),
    Resized,
}

/// Begins to wait for keys; ends with the process.
fn watch_keys(sender: mpsc::Sender<Input>) -> io::Result<()> {
    let watch = move || {
        while let Ok(event) = event::read() {
            if let Some(input) = input(&event) {
                sender.try_send(input).ok();
            }
        }
    };
    let keyboard = std::thread::Builder::new().name("keyboard".into());
    keyboard.spawn(watch).map(drop)
}

fn input(event: &Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key_of(key).map(Input::Key),
        Event::Resize(..) => Some(Input::Resized),
        Event::Key(_)
        | Event::FocusGained
        | Event::FocusLost
        | Event::Mouse(_)
        | Event::Paste(_) => None,
    }
}

/// In raw mode Ctrl-C is a key like any other.
fn key_of(key: &KeyEvent) -> Option<Key> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a keyboard has many keys, and these mean something"
    )]
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Some(Key::Quit),
        KeyCode::Down | KeyCode::Char('j') => Some(Key::Down),
        KeyCode::Up | KeyCode::Char('k') => Some(Key::Up),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(Key::PageDown),
        KeyCode::PageUp => Some(Key::PageUp),
        KeyCode::Home => Some(Key::Top),
        _ => None,
    }
}

/// The whole terminal; what was on it before is there again when this is dropped.
struct Screen {
    terminal: DefaultTerminal,
    theme: Theme,
}

impl Screen {
    fn open() -> io::Result<Self> {
        let is_coloured = is_coloured(&io::stdout());
        Ok(Self {
            terminal: ratatui::try_init()?,
            theme: Theme { is_coloured },
        })
    }

    fn show(&mut self, model: &mut Model) -> io::Result<()> {
        let theme = self.theme;
        let draw = |frame: &mut ratatui::Frame<'_>| view::draw(frame, model, theme);
        self.terminal.draw(draw).map(drop)
    }

    /// Gives the terminal back, from wherever; harmless if it was not taken.
    fn leave() {
        if terminal::is_raw_mode_enabled().unwrap_or(false) {
            // A terminal that is gone needs nothing back.
            ratatui::try_restore().ok();
            execute!(io::stdout(), cursor::Show).ok();
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        Self::leave();
    }
}

/// A panic is read on the terminal's own screen.
fn restore_before_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        Screen::leave();
        tell(panic);
    }));
}

/// Signals that end it; what they find open is closed first.
struct Signals([(u8, Signal); 3]);

impl Signals {
    fn new() -> io::Result<Self> {
        let watch = |number, kind| io::Result::Ok((number, signal(kind)?));
        Ok(Self([
            watch(1, SignalKind::hangup())?,
            watch(2, SignalKind::interrupt())?,
            watch(15, SignalKind::terminate())?,
        ]))
    }

    /// Waits for one, and returns the exit code of whom it ends.
    async fn next(&mut self) -> ExitCode {
        let [(one, first), (two, second), (three, third)] = &mut self.0;
        let number = tokio::select! {
            _ = first.recv() => *one,
            _ = second.recv() => *two,
            _ = third.recv() => *three,
        };
        ExitCode::from(SIGNALLED + number)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use ratatui::{Terminal, backend::TestBackend};

    use super::{super::tests::backup, *};

    /// What an 80 by 24 terminal shows.
    fn picture(model: &mut Model) -> String {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let theme = Theme { is_coloured: true };
        let draw = |frame: &mut ratatui::Frame<'_>| view::draw(frame, model, theme);
        terminal.draw(draw).map(|_| ()).unwrap();
        let cells = terminal.backend().buffer().content();
        let rows = cells.chunks(80).map(|row| {
            let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            format!("{}\n", row.trim_end())
        });
        rows.collect()
    }

    fn model() -> Model {
        Model::new("/run/keepalived.sock".into(), TimeZone::UTC)
    }

    #[test]
    fn the_lanes_tell_what_happened_and_the_page_what_is() {
        let mut model = model();
        let mut status = backup();
        model.take(Ok(status.clone()));
        status.instances[0].adverts.accepted += 1;
        model.take(Ok(status.clone()));
        let counters = &mut status.interfaces[0].counters.program;
        counters.insert("ip_ttl".into(), 5);
        model.take(Ok(status.clone()));
        status.instances[0].state = "MASTER".into();
        status.instances[0].adverts.sent += 1;
        model.take(Ok(status.clone()));
        model.take(Ok(status.clone()));
        status.instances[0].state = "BACKUP".into();
        status.instances[0].adverts.releases_sent += 1;
        model.take(Ok(status));
        expect![[r#"
             xvrrpd status  2026-11-26 02:20:00  1 BACKUP
             half a second each: | advert  0 farewell  = MASTER  . BACKUP  - takes no part ─
             HA_V1      .|.|=0
             rejected     x
             now; more below ───────────────────────────────────────────────────────────────
            xvrrpd 0.1.0, process 1234, running for 2 h 20 min
              configuration  /etc/keepalived/keepalived.conf
              guard          process 1235, cleans up if the daemon dies
              wake-ups       8400, none more than 3.9 ms late; the latest by 0.2 ms,
                             2026-11-26 01:02:03
              last reload    none since the start

            HA_V1: BACKUP for 10 min 0 s, since 2026-11-26 02:10:00
              because        10.89.0.1 advertises priority 101, ours is 100
              priority       100, as configured
              scripts        chk_haproxy is up (a fault if it fails)
              MASTER         10.89.0.1 with priority 101; last advert 0.412 s ago; one is
                             due every 1 s
              addresses      0 of 2 are here
                             192.168.0.5/32 on eth0, 192.168.0.6/32 on eth1
              adverts        21 sent, 2 of them with priority 0; 599 accepted; 0 rejected
                             since the last accepted
              on             eth0, VRID 213, VRRP version 2; has become MASTER 1 time
             q leave  ↑ ↓ scroll  PgUp PgDn by pages
        "#]]
        .assert_eq(&picture(&mut model));
    }

    #[test]
    fn a_daemon_that_is_gone_is_said_so_and_was_last_seen() {
        let mut model = model();
        assert!(picture(&mut model).contains("asking at /run/keepalived.sock"));
        model.take(Ok(backup()));
        model.take(Err("no daemon answers at /x.sock".into()));
        let shown = picture(&mut model);
        let title = shown.lines().next().unwrap();
        assert!(
            shown.contains("as last seen, 2026-11-26 02:20:00"),
            "{shown}"
        );
        expect![" xvrrpd status  no daemon answers at /x.sock; trying again"].assert_eq(title);
        model.take(Ok(backup()));
        assert!(!picture(&mut model).contains("trying again"));
        model.unanswered(1);
        assert!(!picture(&mut model).contains("no answer"));
        model.unanswered(5);
        assert!(picture(&mut model).contains("no answer for 5 s"));
    }

    #[test]
    fn nobody_scrolls_beyond_the_end() {
        let mut model = model();
        model.take(Ok(backup()));
        picture(&mut model);
        for _ in 0..100 {
            model.press(Key::PageDown);
        }
        let shown = picture(&mut model);
        assert!(shown.contains("bpftool map dump id 102"), "{shown}");
        assert!(shown.contains("more above"), "{shown}");
        model.press(Key::Top);
        assert!(picture(&mut model).contains("process 1234"));
    }

    #[test]
    fn control_c_is_the_way_out() {
        let press = |code, modifiers| key_of(&KeyEvent::new(code, modifiers));
        let c = KeyCode::Char('c');
        assert_eq!(press(c, KeyModifiers::CONTROL), Some(Key::Quit));
        assert_eq!(press(c, KeyModifiers::NONE), None);
        let q = KeyCode::Char('q');
        assert_eq!(press(q, KeyModifiers::NONE), Some(Key::Quit));
    }
}
