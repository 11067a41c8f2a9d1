//! A machine that runs a kernel until it is done, silent for too long, or not wanted any more.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use super::plan::{Progress, TEST_MAY_TAKE};
use crate::{console, process};

/// What executes the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accelerator {
    /// The processor itself.
    Kvm,
    /// A program that imitates one, some ten times slower.
    Imitation,
}

impl Accelerator {
    /// What seems possible here; KVM may turn out not to work for all that.
    pub(super) fn probable() -> Self {
        let kvm = OpenOptions::new().read(true).write(true).open("/dev/kvm");
        if kvm.is_ok() {
            Self::Kvm
        } else {
            Self::Imitation
        }
    }

    /// How many times slower than others a guest may be.
    pub(super) const fn slowness(self) -> u32 {
        match self {
            Self::Kvm => 2,
            Self::Imitation => 4,
        }
    }

    const fn arguments(self) -> [&'static str; 4] {
        match self {
            Self::Kvm => ["-accel", "kvm", "-cpu", "host"],
            Self::Imitation => ["-accel", "tcg,thread=multi", "-cpu", "max"],
        }
    }

    /// What the guest may take until it has the host's files.
    const fn boot(self) -> Duration {
        match self {
            Self::Kvm => Duration::from_secs(30),
            Self::Imitation => Duration::from_secs(240),
        }
    }
}

/// What a guest is made of.
pub(super) struct Guest<'a> {
    pub(super) vmlinuz: &'a Path,
    pub(super) initramfs: &'a Path,
    /// Where it leaves what it says, and what its tests leave.
    pub(super) folder: &'a Path,
}

/// Longer than this nothing is said only when nothing happens any more.
const SILENCE: Duration = Duration::from_secs(TEST_MAY_TAKE + 60);
/// Two stories' daemons, HAProxy and mail servers, and files in memory.
const MEGABYTES: &str = "2048";

impl Guest<'_> {
    /// Runs it to its end. Says why it ended, unless it did all it was to do.
    pub(super) fn run(
        &self,
        accelerator: Accelerator,
        progress: &mut Progress,
    ) -> Result<Option<String>> {
        let mut machine = Machine::start(&mut self.command(accelerator)?)?;
        let mut log = File::create(self.folder.join("output.log"))?;
        loop {
            let patience = if progress.is_ready {
                SILENCE
            } else {
                accelerator.boot()
            };
            match machine.lines.recv_timeout(patience) {
                Ok(line) => {
                    writeln!(log, "{line}")?;
                    if progress.hear(&line) {
                        console::result(&line);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    machine.end()?;
                    let why = format!("it said nothing for {} s and was ended", patience.as_secs());
                    return Ok(Some(why));
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = machine.wait()?;
        if process::was_interrupted() {
            bail!("interrupted");
        }
        let why = || format!("the machine {} before it was done", process::ending(status));
        Ok((!progress.is_done).then(why))
    }

    /// The kernel's messages, for who wants to know why.
    pub(super) fn console(&self) -> PathBuf {
        self.folder.join("console.log")
    }

    /// The last of them.
    pub(super) fn last_words(&self) -> Vec<String> {
        let said = fs::read(self.console()).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<_> = said.lines().map(str::trim_end).collect();
        let last = &lines[lines.len().saturating_sub(8)..];
        last.iter().map(ToString::to_string).collect()
    }

    fn command(&self, accelerator: Accelerator) -> Result<Command> {
        let evidence = self.folder.join("evidence");
        if evidence.exists() {
            // Of a run before.
            fs::remove_dir_all(&evidence)?;
        }
        fs::create_dir_all(&evidence)?;
        // However xtask ends, the machine does not go on without it.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "qemu-system-x86_64"])
            .args(accelerator.arguments())
            .args(["-smp", "2", "-m", MEGABYTES, "-nodefaults", "-no-reboot"])
            .args(["-display", "none", "-kernel"])
            .arg(self.vmlinuz)
            .arg("-initrd")
            .arg(self.initramfs)
            .args(["-append", "console=ttyS0 panic=-1 loglevel=6"])
            .arg("-serial")
            .arg(joined("file:", &self.console())?)
            .args(["-serial", "stdio"])
            .arg("-virtfs")
            .arg("local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap")
            .arg("-virtfs")
            .arg(joined(
                "local,mount_tag=evidence,security_model=none,path=",
                &evidence,
            )?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        Ok(command)
    }
}

/// A value of qemu's that ends with a path; in those a comma is written twice.
fn joined(before: &str, path: &Path) -> Result<String> {
    let path = path.to_str().context("a path that is not UTF-8")?;
    Ok(format!("{before}{}", path.replace(',', ",,")))
}

/// A machine that runs, and the lines it says.
struct Machine {
    child: Option<Child>,
    lines: Receiver<String>,
}

impl Machine {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = process::start(command)?;
        let output = child.stdout.take().context("the output is a pipe")?;
        Ok(Self {
            child: Some(child),
            lines: read_lines(output),
        })
    }

    /// Waits for the end of one that is ending by itself.
    fn wait(&mut self) -> Result<std::process::ExitStatus> {
        process::wait(self.child.take().context("it runs")?)
    }

    fn end(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            process::wait(child)?;
        }
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        drop(self.end());
    }
}

/// Lines as they come, without the return that a terminal line ends with.
fn read_lines(output: ChildStdout) -> Receiver<String> {
    let (sender, lines) = sync_channel(1024);
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut bytes = Vec::new();
        while output
            .read_until(b'\n', &mut bytes)
            .is_ok_and(|read| read > 0)
        {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
