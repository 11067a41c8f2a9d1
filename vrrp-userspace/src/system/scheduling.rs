//! When the kernel runs a thread, and whether it takes memory from the process.

use std::{fmt, io};

use super::capabilities::{self, SYS_NICE};
use rustix::{
    mm::{MlockAllFlags, mlockall},
    process::{Resource, Rlimit, getrlimit, setrlimit},
    thread::{CpuSet, sched_setaffinity},
};
use thread_priority::{
    Error, RealtimeThreadSchedulePolicy::Fifo, ThreadPriority, ThreadPriorityValue,
    ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};

/// The greatest real-time priority there is.
const GREATEST: u64 = 99;

/// Why a thread is scheduled as any other.
#[derive(Debug)]
pub struct NotScheduled(Error);

impl fmt::Display for NotScheduled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Error::OS(number) => write!(f, "{}", io::Error::from_raw_os_error(*number)),
            error @ (Error::Priority(_) | Error::PriorityNotInRange(_) | Error::Ffi(_)) => {
                write!(f, "{error:?}")
            }
        }
    }
}

/// Lets this process give its threads real-time priority when it has no capability for it any more. To be asked for while we may.
///
/// # Errors
///
/// There is no `CAP_SYS_RESOURCE`: it takes [`SYS_NICE`] then.
pub fn allow_real_time() -> io::Result<()> {
    limit_real_time(GREATEST)
}

/// Takes that from this process and whatever it starts.
///
/// # Errors
///
/// None that is known: to have less is for everybody.
pub fn forbid_real_time() -> io::Result<()> {
    limit_real_time(0)
}

fn limit_real_time(priority: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(priority),
        maximum: Some(priority),
    };
    Ok(setrlimit(Resource::Rtprio, limit)?)
}

/// From now on the calling thread runs before every thread without real-time priority, and those of a lower one (`SCHED_FIFO`).
///
/// # Errors
///
/// Neither `CAP_SYS_NICE` nor `RLIMIT_RTPRIO` allows it, or a filter of system calls does not (`RestrictRealtime=` of systemd).
pub fn run_in_real_time(priority: u8) -> Result<(), NotScheduled> {
    let value = ThreadPriorityValue::try_from(priority).map_err(|_out_of_range| {
        NotScheduled(Error::OS(rustix::io::Errno::INVAL.raw_os_error()))
    })?;
    let ask = || {
        set_thread_priority_and_policy(
            thread_native_id(),
            ThreadPriority::Crossplatform(value),
            ThreadSchedulePolicy::Realtime(Fifo),
        )
    };
    capabilities::with(&SYS_NICE, ask)
        .unwrap_or_else(ask)
        .map_err(NotScheduled)
}

/// From now on the calling thread runs on these processors alone.
///
/// # Errors
///
/// None of them is there, or none is this process's.
pub fn run_on(processors: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    let places = processors.iter().filter(|one| **one < CpuSet::MAX_CPU);
    places.for_each(|processor| set.set(*processor));
    Ok(sched_setaffinity(None, &set)?)
}

/// Keeps what the process has in memory, and what it will have. It takes an `RLIMIT_MEMLOCK` without end: at any other a daemon that grows
/// would get no memory at all one day.
///
/// # Errors
///
/// The limit is not such.
pub fn stay_in_memory() -> io::Result<()> {
    if let Some(limit) = getrlimit(Resource::Memlock).current {
        return Err(io::Error::other(format!(
            "locked memory is limited to {limit} bytes (`LimitMEMLOCK=infinity` or `ulimit -l unlimited` lifts that)"
        )));
    }
    Ok(mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_runs_where_it_is_told_to() {
        std::thread::spawn(|| {
            run_on(&[0]).unwrap();
            assert_eq!(rustix::thread::sched_getcpu(), 0);
            assert!(run_on(&[1023]).is_err(), "there are not so many");
        })
        .join()
        .unwrap();
    }
}
