//! Processes and threads: new ones, other programs, and other processes' memory, signals and
//! descriptors.

use super::{Attempt, Who, refused};
use crate::system_calls::*;

pub(super) const PROCESSES: &[Attempt] = &[
    refused("fork", |_| forked(libc::SYS_clone, &[libc::SIGCHLD as usize, 0, 0, 0, 0]))
        .control(Who::Anyone),
    refused("fork_by_clone3", |_| forked(libc::SYS_clone3, &[clone_arguments(), 64]))
        .control(Who::Anyone),
    refused("process_sharing_memory", |_| {
        call(libc::SYS_clone, &[(libc::CLONE_VM | libc::CLONE_VFORK) as usize, 0])
    }),
    refused("another_thread", |_| thread()).control(Who::Anyone),
    refused("exec", |_| call(libc::SYS_execve, &[path("/bin/true"), 0, 0]))
        .deep()
        .control(Who::Anyone),
    refused("exec_by_execveat", |_| call(libc::SYS_execveat, &[AT, path("/bin/true"), 0, 0, 0]))
        .deep()
        .control(Who::Anyone),
    refused("exec_of_descriptor", |_| call(libc::SYS_execveat, &[0, path(""), 0, 0, 0x1000]))
        .deep(),
    refused("be_traced", |_| call(libc::SYS_ptrace, &[0, 0, 0, 0])).control(Who::Anyone),
    refused("trace_parent", |s| call(libc::SYS_ptrace, &[0x4206, s.parent as usize, 0, 0])).deep(),
    refused("trace_another", |s| call(libc::SYS_ptrace, &[0x4206, s.victim as usize, 0, 0]))
        .deep()
        .control(Who::Root),
    refused("read_memory_of_parent", |s| memory(libc::SYS_process_vm_readv, s.parent)).deep(),
    refused("write_memory_of_parent", |s| memory(libc::SYS_process_vm_writev, s.parent)).deep(),
    refused("signal_parent", |s| call(libc::SYS_kill, &[s.parent as usize, 0]))
        .recent()
        .control(Who::Anyone),
    refused("kill_another", |s| call(libc::SYS_kill, &[s.victim as usize, 9]))
        .recent()
        .control(Who::Anyone),
    refused("kill_everybody", |_| call(libc::SYS_kill, &[usize::MAX, 0])).control(Who::Anyone),
    refused("signal_thread_of_parent", |s| {
        call(libc::SYS_tgkill, &[s.parent as usize, s.parent as usize, 0])
    })
    .recent()
    .control(Who::Anyone),
    refused("tkill_parent", |s| call(libc::SYS_tkill, &[s.parent as usize, 0]))
        .recent()
        .control(Who::Anyone),
    refused("queue_signal_to_parent", |s| {
        call(libc::SYS_rt_sigqueueinfo, &[s.parent as usize, 10, buffer()])
    })
    .deep(),
    refused("pidfd_of_parent", |s| call(libc::SYS_pidfd_open, &[s.parent as usize, 0]))
        .control(Who::Anyone),
    refused("signal_by_pidfd", |_| call(libc::SYS_pidfd_send_signal, &[3, 0, 0, 0])),
    refused("descriptor_of_another", |_| call(libc::SYS_pidfd_getfd, &[3, 0, 0])),
    refused("compare_with_parent", |s| {
        call(libc::SYS_kcmp, &[s.parent as usize, s.parent as usize, 0, 0, 0])
    })
    .deep()
    .control(Who::Root),
    refused("begin_session", |_| call(libc::SYS_setsid, &[])).deep().control(Who::Anyone),
    refused("change_group", |s| call(libc::SYS_setpgid, &[0, s.parent as usize])).deep(),
    refused("wait_for_children", |_| call(libc::SYS_waitid, &[0, 0, 0, 4, 0])),
];
