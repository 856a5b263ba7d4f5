//! seccomp: the system calls that a running sandbox needs, and no others.
//!
//! The process installs the filter when the runtime and all threads are there, so the list needs no
//! calls that open files or start threads. A call that is not listed fails with `EPERM`, and does
//! not kill the process, because libraries try calls that they can do without. An engine that was
//! taken over is ended by its limits.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use brink_shared::confinement::{Layer, LayerStatus};

/// Calls that are allowed with any arguments. The kernel remembers that it need not ask the filter
/// about them, so they cost nothing. All calls of a warm event are among them.
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
    // Memory. Calls for executable memory are below.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Time and randomness, where the vDSO does not have them.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    // The process's ids.
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getrusage,
    libc::SYS_sched_getaffinity,
    // The end of a thread, and of the process: by itself, after a stack overflow, or by `abort`.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Forbids all other calls, in every thread.
pub(super) fn filter() -> io::Result<LayerStatus> {
    let Ok(architecture) = TargetArch::try_from(std::env::consts::ARCH) else {
        let why = format!("there is no list for {}", std::env::consts::ARCH);
        return Ok(LayerStatus::missing(Layer::Seccomp, why));
    };
    let program = program(architecture).map_err(io::Error::other)?;
    match seccompiler::apply_filter_all_threads(&program) {
        Ok(()) => Ok(LayerStatus::in_force(Layer::Seccomp)),
        Err(seccompiler::Error::Seccomp(error)) => Ok(LayerStatus::missing(
            Layer::Seccomp,
            format!("the kernel rejects the filter: {error}"),
        )),
        Err(error) => Err(io::Error::other(error)),
    }
}

fn program(architecture: TargetArch) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALWAYS.iter().map(|call| (*call, Vec::new())).collect();
    rules.extend([
        // Memory of the process that is not executable.
        (libc::SYS_mmap, vec![all([without(2, libc::PROT_EXEC)?, with(3, libc::MAP_ANONYMOUS)?])?]),
        (libc::SYS_mprotect, vec![all([without(2, libc::PROT_EXEC)?])?]),
        // Data to the connected peer.
        (libc::SYS_sendto, vec![all([no_pointer(4)?])?]),
        // Signals to the process itself, for `abort`.
        (libc::SYS_tgkill, vec![all([is(0, std::process::id())?])?]),
        // A lower memory limit, when the process learns its version's limit.
        (libc::SYS_prlimit64, vec![all([is(0, 0)?, is(1, libc::RLIMIT_DATA)?])?]),
    ]);
    let forbidden = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules, forbidden, SeccompAction::Allow, architecture)?.try_into()
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
