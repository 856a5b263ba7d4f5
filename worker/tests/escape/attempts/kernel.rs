//! The kernel itself: mounts, namespaces, programs for it, its keys, its clock, its end.

use super::{Attempt, Who, refused};
use crate::system_calls::*;

pub(super) const KERNEL: &[Attempt] = &[
    refused("mount", |s| {
        call(
            libc::SYS_mount,
            &[path("none"), path(&format!("{}/folder", s.folder)), path("tmpfs"), 0, 0],
        )
    })
    .deep(),
    refused("mount_at_root", |_| {
        call(libc::SYS_mount, &[path("none"), path("/"), path("tmpfs"), 0, 0])
    })
    .deep(),
    refused("unmount", |_| call(libc::SYS_umount2, &[path("/"), 2])).deep(),
    refused("open_file_system", |_| call(libc::SYS_fsopen, &[path("tmpfs"), 0]))
        .deep()
        .control(Who::Root),
    refused("clone_mounts", |_| call(libc::SYS_open_tree, &[AT, path("/"), 1]))
        .deep()
        .control(Who::Root),
    refused("pivot_root", |_| call(libc::SYS_pivot_root, &[path("."), path(".")])).deep(),
    refused("chroot", |_| call(libc::SYS_chroot, &[path("/")])).deep().control(Who::Root),
    refused("leave_names", |_| call(libc::SYS_unshare, &[libc::CLONE_NEWUTS as usize]))
        .deep()
        .control(Who::Root),
    refused("another_user_namespace", |_| call(libc::SYS_unshare, &[libc::CLONE_NEWUSER as usize])),
    refused("enter_namespace", |_| call(libc::SYS_setns, &[3, 0])).deep(),
    refused("set_host_name", |_| call(libc::SYS_sethostname, &[path("x"), 1])).deep(),
    refused("set_domain_name", |_| call(libc::SYS_setdomainname, &[path("x"), 1])).deep(),
    refused("io_uring", |_| call(libc::SYS_io_uring_setup, &[1, buffer()])).control(Who::Anyone),
    refused("io_uring_enter", |_| call(libc::SYS_io_uring_enter, &[3, 1, 0, 0, 0, 0])),
    refused("bpf_map", |_| call(libc::SYS_bpf, &[0, bpf_map(), 72])).deep().control(Who::Root),
    refused("bpf_program", |_| call(libc::SYS_bpf, &[5, buffer(), 72])).deep(),
    refused("perf_events", |_| {
        call(libc::SYS_perf_event_open, &[perf_event(), 0, usize::MAX, usize::MAX, 0])
    })
    .deep(),
    refused("page_faults", |_| call(libc::SYS_userfaultfd, &[0])).deep(),
    refused("keyring", |_| call(libc::SYS_keyctl, &[0, usize::MAX - 1, 1])).control(Who::Anyone),
    refused("add_key", |_| {
        call(libc::SYS_add_key, &[path("user"), path("x"), path("y"), 1, usize::MAX - 1])
    })
    .control(Who::Anyone),
    refused("request_key", |_| call(libc::SYS_request_key, &[path("user"), path("x"), 0, 0])),
    refused("load_module", |_| call(libc::SYS_init_module, &[buffer(), 1, path("")])).deep(),
    refused("load_module_file", |_| call(libc::SYS_finit_module, &[0, path(""), 0])).deep(),
    refused("unload_module", |_| call(libc::SYS_delete_module, &[path("x"), 0])).deep(),
    refused("load_kernel", |_| call(libc::SYS_kexec_load, &[0, 0, 0, 0])).deep(),
    refused("reboot", |_| call(libc::SYS_reboot, &[0, 0, 0, 0])).deep(),
    refused("kernel_log", |_| call(libc::SYS_syslog, &[3, buffer(), 100])),
    refused("swap_on", |_| call(libc::SYS_swapon, &[path("/x"), 0])).deep(),
    refused("swap_off", |_| call(libc::SYS_swapoff, &[path("/x")])).deep(),
    refused("accounting", |_| call(libc::SYS_acct, &[0])).deep(),
    refused("quotas", |_| call(libc::SYS_quotactl, &[0x8000_0200, 0, 0, 0])).deep(),
    refused("set_time", |_| call(libc::SYS_clock_settime, &[0, buffer()])).deep(),
    refused("set_time_of_day", |_| call(libc::SYS_settimeofday, &[buffer(), 0])).deep(),
    refused("another_filter", |_| call(libc::SYS_seccomp, &[0, 0, 0])),
    refused("landlock_rules", |_| call(libc::SYS_landlock_create_ruleset, &[0, 0, 1]))
        .control(Who::Anyone),
    refused("shared_memory", |_| call(libc::SYS_shmget, &[0x1234, 4096, 0])),
    refused("semaphores", |_| call(libc::SYS_semget, &[0x1234, 1, 0])),
    refused("messages", |_| call(libc::SYS_msgget, &[0x1234, 0])),
    refused("message_queue", |_| call(libc::SYS_mq_open, &[path("brink"), 0])),
    refused("system_information", |_| call(libc::SYS_sysinfo, &[buffer()])).control(Who::Anyone),
    refused("file_systems", |_| call(libc::SYS_statfs, &[path("/etc"), buffer()]))
        .deep()
        .control(Who::Anyone),
];
