//! The program run once on a frame that no interface received: `BPF_PROG_TEST_RUN`.

use std::io;

use aya::{
    TestRun as _, TestRunOptions,
    programs::{ProgramError, Xdp},
};

/// What the program says is to happen to a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It goes on to the kernel.
    Pass,
    /// It ends here.
    Drop,
    /// A verdict that this program should never give.
    Unexpected(u32),
}

/// The numbers of `enum xdp_action`.
const XDP_DROP: u32 = 1;
const XDP_PASS: u32 = 2;

impl Action {
    const fn from_kernel(verdict: u32) -> Self {
        match verdict {
            XDP_DROP => Self::Drop,
            XDP_PASS => Self::Pass,
            other => Self::Unexpected(other),
        }
    }
}

/// Runs `program` on `frame`, and returns its verdict and the frame as it left it.
pub(super) fn rehearse(program: &Xdp, frame: &[u8]) -> io::Result<(Action, Vec<u8>)> {
    let mut left = vec![0; frame.len()];
    let done = program
        .test_run(TestRunOptions {
            data_in: Some(frame),
            data_out: Some(&mut left),
            ..TestRunOptions::new()
        })
        .map_err(into_io)?;
    let length = usize::try_from(done.data_size_out).unwrap_or(usize::MAX);
    left.truncate(length);
    Ok((Action::from_kernel(done.return_value), left))
}

fn into_io(error: ProgramError) -> io::Error {
    if let ProgramError::SyscallError(call) = error {
        return call.io_error;
    }
    io::Error::other(error)
}
