//! The process itself: executable memory, limits, users, capabilities, descriptors.

use super::{Attempt, Who, killed, refused};
use crate::system_calls::*;

pub(super) const OWN: &[Attempt] = &[
    refused("executable_memory", |_| call(libc::SYS_mmap, &[0, 4096, 5, ANONYMOUS, usize::MAX, 0]))
        .control(Who::Anyone),
    refused("writable_executable_memory", |_| {
        call(libc::SYS_mmap, &[0, 4096, 7, ANONYMOUS, usize::MAX, 0])
    })
    .control(Who::Anyone),
    refused("make_memory_executable", |_| protect(libc::SYS_mprotect)).control(Who::Anyone),
    refused("make_memory_executable_by_key", |_| protect(libc::SYS_pkey_mprotect))
        .control(Who::Anyone),
    refused("map_descriptor", |_| call(libc::SYS_mmap, &[0, 4096, 1, 2, 0, 0])).deep(),
    refused("lock_memory", |_| call(libc::SYS_mlockall, &[1])).deep().control(Who::Root),
    refused("secret_memory", |_| call(libc::SYS_memfd_secret, &[0])),
    refused("advise_another", |_| call(libc::SYS_process_madvise, &[3, 0, 0, 0, 0])),
    refused("move_pages", |s| call(libc::SYS_move_pages, &[s.parent as usize, 0, 0, 0, 0, 0])),
    refused("raise_files", |_| raise(libc::RLIMIT_NOFILE)),
    refused("raise_core_file", |_| raise(libc::RLIMIT_CORE)).deep().control(Who::Root),
    refused("raise_memory", |_| raise(libc::RLIMIT_DATA)).deep().control(Who::Anyone),
    refused("limits_of_parent", |s| {
        call(libc::SYS_prlimit64, &[s.parent as usize, 7, 0, buffer()])
    })
    .control(Who::Anyone),
    refused("become_root", |_| call(libc::SYS_setuid, &[0])).deep().control(Who::Root),
    refused("become_group_root", |_| call(libc::SYS_setgid, &[0])).deep().control(Who::Root),
    refused("become_root_three_times", |_| call(libc::SYS_setresuid, &[0, 0, 0]))
        .deep()
        .control(Who::Root),
    refused("set_groups", |_| call(libc::SYS_setgroups, &[0, 0])).deep().control(Who::Root),
    refused("raise_capabilities", |_| capabilities()).deep().control(Who::Root),
    refused("keep_capabilities", |_| call(libc::SYS_prctl, &[8, 1, 0, 0, 0])).control(Who::Anyone),
    refused("be_dumpable", |_| call(libc::SYS_prctl, &[4, 1, 0, 0, 0])).control(Who::Anyone),
    refused("outlive_parent", |_| call(libc::SYS_prctl, &[1, 0, 0, 0, 0])).control(Who::Anyone),
    refused("be_called_otherwise", |_| call(libc::SYS_prctl, &[15, path("systemd"), 0, 0, 0]))
        .control(Who::Anyone),
    refused("personality", |_| call(libc::SYS_personality, &[0x0400000])).control(Who::Anyone),
    refused("push_to_terminal", |_| call(libc::SYS_ioctl, &[0, 0x5412, path("x")])).deep(),
    refused("ioctl_of_socket", |_| call(libc::SYS_ioctl, &[0, 0x541B, buffer()]))
        .control(Who::Anyone),
    refused("duplicate_descriptor", |_| call(libc::SYS_dup, &[0])).control(Who::Anyone),
    refused("duplicate_by_fcntl", |_| call(libc::SYS_fcntl, &[0, 0, 100])).control(Who::Anyone),
    refused("choose_cores", |_| call(libc::SYS_sched_setaffinity, &[0, 8, mask()]))
        .control(Who::Anyone),
    refused("real_time", |_| call(libc::SYS_sched_setscheduler, &[0, 1, one()]))
        .deep()
        .control(Who::Root),
    refused("priority", |_| call(libc::SYS_setpriority, &[0, 0, -5_isize as usize]))
        .deep()
        .control(Who::Root),
    refused("priority_of_another", |s| call(libc::SYS_setpriority, &[0, s.victim as usize, 5]))
        .control(Who::Anyone),
    refused("pipe", |_| call(libc::SYS_pipe2, &[buffer(), 0])).control(Who::Anyone),
    refused("event_descriptor", |_| call(libc::SYS_eventfd2, &[0, 0])).control(Who::Anyone),
    refused("timer_descriptor", |_| call(libc::SYS_timerfd_create, &[1, 0])).control(Who::Anyone),
    refused("another_epoll", |_| call(libc::SYS_epoll_create1, &[0])).control(Who::Anyone),
    refused("timer_with_signals", |_| call(libc::SYS_timer_create, &[1, 0, buffer()]))
        .control(Who::Anyone),
    #[cfg(target_arch = "x86_64")]
    refused("segment_table", |_| call(libc::SYS_modify_ldt, &[0, buffer(), 16]))
        .control(Who::Anyone),
    #[cfg(target_arch = "x86_64")]
    refused("thread_pointer", |_| call(libc::SYS_arch_prctl, &[0x1003, buffer()]))
        .control(Who::Anyone),
    #[cfg(target_arch = "x86_64")]
    refused("vfork_of_old", |_| call(libc::SYS_vfork, &[])),
    #[cfg(target_arch = "x86_64")]
    refused("ports", |_| call(libc::SYS_ioperm, &[0x80, 1, 1])).deep(),
    #[cfg(target_arch = "x86_64")]
    refused("all_ports", |_| call(libc::SYS_iopl, &[3])).deep(),
    #[cfg(target_arch = "x86_64")]
    refused("calls_of_x32", |_| call(libc::SYS_getpid + 0x4000_0000, &[])),
    #[cfg(target_arch = "x86_64")]
    killed("calls_of_i386", |_| getpid_of_i386()),
];
