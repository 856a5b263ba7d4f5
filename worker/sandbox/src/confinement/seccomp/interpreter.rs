//! The system calls of `node`, `python3` and other programs of the machine.
//!
//! They open files and start threads, so the list is long. It leaves out other processes, mounts,
//! namespaces, keys, tracing, shared memory that no process maps, limits that users share, and all
//! parts of the kernel that few programs use.

use std::ffi::CStr;

use seccompiler::{BackendError, SeccompCondition, SeccompRule};

use super::rules::{Rules, all, is, is_not, is_pointer, masked, no_pointer, without};

/// Everything in which the lists of two interpreters differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed<'a> {
    /// The program that may be started: the string that is handed to `execve`. No other string has
    /// its address, and the next program does not know the address.
    pub(crate) program: &'a CStr,
    /// True if it may start processes and programs.
    pub(crate) processes: bool,
    /// True if other layers keep its signals and limits within the sandbox. Otherwise a process may
    /// only name itself.
    pub(crate) bounded: bool,
    /// True if it may have internet sockets, because its network leads nowhere.
    pub(crate) network: bool,
    /// True if it has a root folder of its own. Then it may connect to socket files and change the
    /// attributes of files, because it reaches none but its own.
    pub(crate) own_root: bool,
    /// True if all its processes end with it, also those that leave its session.
    pub(crate) own_processes: bool,
    /// True to allow no executable memory but that of files.
    pub(crate) jitless: bool,
}

/// Changes of a file's rights, owner, times and length by its path. Landlock forbids none of the first
/// three, so they are for sandboxes that see no files of others which they could change.
const ATTRIBUTES: &[i64] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchmodat2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_truncate,
    libc::SYS_utimensat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
];

/// Files, by descriptor or by path. Other layers say which.
const FILES: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_preadv2,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_umask,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_getxattr,
    libc::SYS_lgetxattr,
    libc::SYS_fgetxattr,
    libc::SYS_listxattr,
    libc::SYS_llistxattr,
    libc::SYS_flistxattr,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_eventfd2,
    libc::SYS_signalfd4,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_timerfd_gettime,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
];

/// Sockets that are there.
const SOCKETS: &[i64] = &[
    libc::SYS_connect,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_shutdown,
    libc::SYS_setsockopt,
    libc::SYS_getsockopt,
];

/// Memory, threads, time, signals, and what a process may know about itself and the machine.
const OWN: &[i64] = &[
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_msync,
    libc::SYS_mincore,
    libc::SYS_mlock,
    libc::SYS_munlock,
    libc::SYS_membarrier,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_restart_syscall,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sigaltstack,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_getitimer,
    libc::SYS_setitimer,
    libc::SYS_timer_create,
    libc::SYS_timer_settime,
    libc::SYS_timer_gettime,
    libc::SYS_timer_getoverrun,
    libc::SYS_timer_delete,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getpgid,
    libc::SYS_getsid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getresuid,
    libc::SYS_getresgid,
    libc::SYS_getgroups,
    libc::SYS_capget,
    libc::SYS_getrusage,
    libc::SYS_times,
    libc::SYS_getpriority,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_getcpu,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
];

/// Older forms of calls above, and calls that only x86-64 has.
#[cfg(target_arch = "x86_64")]
const OF_MACHINE: &[i64] = &[
    libc::SYS_open,
    libc::SYS_creat,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_getdents,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_eventfd,
    libc::SYS_signalfd,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_alarm,
    libc::SYS_pause,
    libc::SYS_time,
    libc::SYS_getpgrp,
    libc::SYS_getrlimit,
    libc::SYS_arch_prctl,
];

/// See above.
#[cfg(not(target_arch = "x86_64"))]
const OF_MACHINE: &[i64] = &[];

// Not in `libc`.
const F_SETSIG: libc::c_int = 10;
const F_SETOWN_EX: libc::c_int = 15;

/// Commands of `fcntl` that have signals sent to other processes, or concern other processes' files.
const NOT_FCNTL: [libc::c_int; 5] =
    [libc::F_SETOWN, F_SETOWN_EX, F_SETSIG, libc::F_SETLEASE, libc::F_NOTIFY];

/// Commands of `ioctl`: bytes to read or write, blocking, closing at exec, terminals (there are
/// none), copies of files, and addresses of the network devices.
const IOCTL: [u32; 18] = [
    0x541b,
    0x5411,
    0x5421,
    0x5450,
    0x5451,
    0x5401,
    0x5413,
    0x540f,
    0x802c_542a,
    0x4004_9409,
    0x8912,
    0x8910,
    0x8913,
    0x8915,
    0x891b,
    0x8921,
    0x8927,
    0x8933,
];

/// Commands of `prctl`: names of threads and of memory, and questions.
const PRCTL: [libc::c_int; 10] = [
    libc::PR_SET_NAME,
    libc::PR_GET_NAME,
    libc::PR_SET_VMA,
    libc::PR_GET_DUMPABLE,
    libc::PR_GET_PDEATHSIG,
    libc::PR_GET_SECCOMP,
    libc::PR_GET_NO_NEW_PRIVS,
    libc::PR_GET_KEEPCAPS,
    libc::PR_CAPBSET_READ,
    libc::PR_SET_TIMERSLACK,
];

/// Flags of `clone` with which the new thread or process would leave the sandbox, or its parent
/// would not be the one that asked.
const NEVER: libc::c_int = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_PARENT
    | libc::CLONE_PTRACE
    | libc::CLONE_UNTRACED;

/// The bits of a socket's type that are not flags.
const SOCKET_TYPE: u32 = 0xf;

/// Calls that fail as on a kernel that does not know them. Libraries then use older ones, whose
/// arguments the filter can see.
pub(super) fn unknown() -> Rules {
    Rules::allowing(&[libc::SYS_clone3])
}

/// All calls that are allowed.
pub(super) fn rules(allowed: &Allowed<'_>) -> Result<Rules, BackendError> {
    let mut rules = Rules::default();
    for calls in [FILES, SOCKETS, OWN, OF_MACHINE] {
        rules.allow(calls);
    }
    if allowed.own_root {
        rules.allow(ATTRIBUTES);
    }
    // The other program refuses it.
    rules.allow(&[libc::SYS_clone3]);
    rules.add([(libc::SYS_fcntl, none_of(1, NOT_FCNTL.map(libc::c_int::unsigned_abs))?)]);
    for command in IOCTL {
        rules.add([(libc::SYS_ioctl, all([is(1, command)?])?)]);
    }
    for command in PRCTL {
        rules.add([(libc::SYS_prctl, all([is(0, command.unsigned_abs())?])?)]);
    }
    // A question, not a change.
    rules.add([(libc::SYS_personality, all([is(0, u32::MAX)?])?)]);
    memory(&mut rules, allowed)?;
    processes(&mut rules, allowed)?;
    others(&mut rules, allowed)?;
    sockets(&mut rules, allowed)?;
    Ok(rules)
}

fn memory(rules: &mut Rules, allowed: &Allowed<'_>) -> Result<(), BackendError> {
    if !allowed.jitless {
        rules.allow(&[libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_pkey_mprotect]);
        return Ok(());
    }
    rules.add([
        (libc::SYS_mmap, all([without(2, libc::PROT_EXEC)?])?),
        (libc::SYS_mmap, all([without(3, libc::MAP_ANONYMOUS)?])?),
        (libc::SYS_mprotect, all([without(2, libc::PROT_EXEC)?])?),
    ]);
    Ok(())
}

/// Threads, processes and programs.
fn processes(rules: &mut Rules, allowed: &Allowed<'_>) -> Result<(), BackendError> {
    if !allowed.processes {
        let bits = (libc::CLONE_THREAD | NEVER).unsigned_abs();
        let thread = libc::CLONE_THREAD.unsigned_abs();
        let program = allowed.program.as_ptr() as u64;
        rules.add([
            (libc::SYS_clone, all([masked(0, bits, thread)?])?),
            (libc::SYS_execve, all([is_pointer(0, program)?])?),
        ]);
        return Ok(());
    }
    rules.add([(libc::SYS_clone, all([without(0, NEVER)?])?)]);
    rules.allow(&[libc::SYS_execve, libc::SYS_execveat]);
    #[cfg(target_arch = "x86_64")]
    rules.allow(&[libc::SYS_fork, libc::SYS_vfork]);
    if allowed.own_processes {
        rules.allow(&[libc::SYS_setsid, libc::SYS_setpgid]);
    }
    Ok(())
}

/// Calls that name a process by its number.
fn others(rules: &mut Rules, allowed: &Allowed<'_>) -> Result<(), BackendError> {
    let may_name_others = allowed.processes && allowed.bounded;
    let signals =
        [libc::SYS_kill, libc::SYS_tgkill, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo];
    let settings =
        [libc::SYS_sched_setaffinity, libc::SYS_sched_setscheduler, libc::SYS_sched_setparam];
    if may_name_others {
        rules.allow(&signals);
        rules.allow(&settings);
        rules.allow(&[libc::SYS_tkill]);
    }
    // 0 is the process itself, or its group, which it leads.
    for process in [0, std::process::id()] {
        if !may_name_others {
            for call in signals.into_iter().chain(settings) {
                rules.add([(call, all([is(0, process)?])?)]);
            }
        }
        rules.add([
            // Limits: a question, or a change of any but that of core files.
            (libc::SYS_prlimit64, all([is(0, process)?, no_pointer(2)?])?),
            (libc::SYS_prlimit64, all([is(0, process)?, is_not(1, libc::RLIMIT_CORE)?])?),
            (libc::SYS_setpriority, all([is(0, libc::PRIO_PROCESS)?, is(1, process)?])?),
        ]);
    }
    Ok(())
}

/// Which sockets a process may make. Each protocol of the kernel is an attack surface of its own.
fn sockets(rules: &mut Rules, allowed: &Allowed<'_>) -> Result<(), BackendError> {
    let local = libc::AF_UNIX.unsigned_abs();
    let (stream, datagram) = (libc::SOCK_STREAM.unsigned_abs(), libc::SOCK_DGRAM.unsigned_abs());
    let calls: &[i64] = if allowed.own_root {
        &[libc::SYS_socket, libc::SYS_socketpair]
    } else {
        &[libc::SYS_socketpair]
    };
    for kind in [stream, datagram, libc::SOCK_SEQPACKET.unsigned_abs()] {
        if kind == datagram && !allowed.own_root {
            // One of a pair can be connected to a socket file of the machine.
            continue;
        }
        for call in calls.iter().copied() {
            rules.add([(call, all([is(0, local)?, masked(1, SOCKET_TYPE, kind)?])?)]);
        }
    }
    if !allowed.network {
        return Ok(());
    }
    for family in [libc::AF_INET, libc::AF_INET6].map(libc::c_int::unsigned_abs) {
        for (kind, protocol) in [(stream, libc::IPPROTO_TCP), (datagram, libc::IPPROTO_UDP)] {
            for protocol in [0, protocol.unsigned_abs()] {
                let kind = masked(1, SOCKET_TYPE, kind)?;
                let socket = all([is(0, family)?, kind, is(2, protocol)?])?;
                rules.add([(libc::SYS_socket, socket)]);
            }
        }
    }
    Ok(())
}

fn none_of<const N: usize>(argument: u8, values: [u32; N]) -> Result<SeccompRule, BackendError> {
    let conditions: Result<Vec<SeccompCondition>, _> =
        values.into_iter().map(|value| is_not(argument, value)).collect();
    SeccompRule::new(conditions?)
}
