//! seccomp: the system calls that a running sandbox needs, and no others.
//!
//! The filter is installed when the runtime and all threads are there, so that neither opening
//! nor starting anything is among them. Whatever is not listed fails with `EPERM` rather than
//! killing the process: libraries try calls that they can do without, and an engine that was
//! broken into is ended by its limits, not by a guess at what it meant.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use brink_shared::confinement::{Layer, LayerStatus};

/// Calls that are allowed whatever their arguments. The kernel remembers that it need not ask
/// the filter about these, so that they cost nothing; what a warm event does is among them.
const ALWAYS: &[i64] = &[
    // The socket, standard error, and the process's own status.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_recvfrom,
    libc::SYS_shutdown,
    libc::SYS_close,
    // The main thread's wait.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_epoll_ctl,
    // The threads' waits.
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_restart_syscall,
    // Memory. That which can be executed is below.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Time and randomness, where the kernel's own code in the process does not have them.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    // What the process is.
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getrusage,
    libc::SYS_sched_getaffinity,
    // A thread's end, and the process's: on its own, after a stack overflow, or by `abort`.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Refuses all calls but those, in every thread.
pub(super) fn filter() -> io::Result<LayerStatus> {
    let Ok(architecture) = TargetArch::try_from(std::env::consts::ARCH) else {
        let why = format!("there is no list for {}", std::env::consts::ARCH);
        return Ok(LayerStatus::missing(Layer::Seccomp, why));
    };
    let program = program(architecture).map_err(io::Error::other)?;
    match seccompiler::apply_filter_all_threads(&program) {
        Ok(()) => Ok(LayerStatus::in_force(Layer::Seccomp)),
        Err(seccompiler::Error::Seccomp(error)) => {
            Ok(LayerStatus::missing(Layer::Seccomp, format!("the kernel refuses: {error}")))
        }
        Err(error) => Err(io::Error::other(error)),
    }
}

fn program(architecture: TargetArch) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALWAYS.iter().map(|call| (*call, Vec::new())).collect();
    rules.extend([
        // Memory of its own that it cannot execute.
        (libc::SYS_mmap, vec![all([without(2, libc::PROT_EXEC)?, with(3, libc::MAP_ANONYMOUS)?])?]),
        (libc::SYS_mprotect, vec![all([without(2, libc::PROT_EXEC)?])?]),
        // Data to a peer that it is connected with.
        (libc::SYS_sendto, vec![all([no_pointer(4)?])?]),
        // Its own abortion.
        (libc::SYS_tgkill, vec![all([is(0, std::process::id())?])?]),
        // Less memory, when it learns its version's limit.
        (libc::SYS_prlimit64, vec![all([is(0, 0)?, is(1, libc::RLIMIT_DATA)?])?]),
    ]);
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules, refused, SeccompAction::Allow, architecture)?.try_into()
}

type Condition = Result<SeccompCondition, seccompiler::BackendError>;

fn all<const N: usize>(
    conditions: [SeccompCondition; N],
) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(conditions.to_vec())
}

fn is(argument: u8, value: u32) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value.into())
}

fn no_pointer(argument: u8) -> Condition {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)
}

fn with(argument: u8, bits: libc::c_int) -> Condition {
    masked(argument, bits, u64::from(bits.unsigned_abs()))
}

fn without(argument: u8, bits: libc::c_int) -> Condition {
    masked(argument, bits, 0)
}

fn masked(argument: u8, bits: libc::c_int, value: u64) -> Condition {
    let mask = SeccompCmpOp::MaskedEq(u64::from(bits.unsigned_abs()));
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, mask, value)
}
