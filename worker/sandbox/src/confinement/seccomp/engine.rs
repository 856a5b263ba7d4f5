//! The system calls of the embedded engine.
//!
//! The process installs the filter when the runtime and all threads are there, so the list needs no
//! calls that open files or start threads.

use super::rules::{Rules, all, is, no_pointer, with, without};

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

/// All calls that are allowed.
pub(super) fn rules() -> Result<Rules, seccompiler::BackendError> {
    let mut rules = Rules::allowing(ALWAYS);
    rules.add([
        // Memory of the process that is not executable.
        (libc::SYS_mmap, all([without(2, libc::PROT_EXEC)?, with(3, libc::MAP_ANONYMOUS)?])?),
        (libc::SYS_mprotect, all([without(2, libc::PROT_EXEC)?])?),
        // Data to the connected peer.
        (libc::SYS_sendto, all([no_pointer(4)?])?),
        // Signals to the process itself, for `abort`.
        (libc::SYS_tgkill, all([is(0, std::process::id())?])?),
        // A lower memory limit, when the process learns its version's limit.
        (libc::SYS_prlimit64, all([is(0, 0)?, is(1, libc::RLIMIT_DATA)?])?),
    ]);
    Ok(rules)
}
