//! Everything that is attempted, by name.

use crate::calls::*;
use crate::{Outcome, Scene};

/// One attempt.
pub struct Attempt {
    /// Its name.
    pub name: &'static str,
    /// Makes it.
    pub attempt: fn(&Scene) -> Outcome,
    /// What becomes of it in a sandbox.
    pub inside: Expected,
    /// True if other layers than seccomp refuse it too.
    pub deep: bool,
    /// Who can do it in a process that is not confined; none where that would do harm, or depends
    /// on the machine.
    pub control: Option<Who>,
}

/// What is to become of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It fails with `EPERM`.
    Refused,
    /// The process is killed for it.
    Killed,
    /// It counts something.
    Count(i64),
}

/// Somebody who is not confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Any user.
    Anyone,
    /// Root.
    Root,
}

// === impl Attempt ===

impl Attempt {
    const fn new(name: &'static str, attempt: fn(&Scene) -> Outcome, inside: Expected) -> Self {
        Self { name, attempt, inside, deep: false, control: None }
    }

    const fn deep(mut self) -> Self {
        self.deep = true;
        self
    }

    const fn control(mut self, who: Who) -> Self {
        self.control = Some(who);
        self
    }
}

const fn refused(name: &'static str, attempt: fn(&Scene) -> Outcome) -> Attempt {
    Attempt::new(name, attempt, Expected::Refused)
}

const fn killed(name: &'static str, attempt: fn(&Scene) -> Outcome) -> Attempt {
    Attempt::new(name, attempt, Expected::Killed)
}

const fn count(name: &'static str, attempt: fn(&Scene) -> Outcome, is: i64) -> Attempt {
    Attempt::new(name, attempt, Expected::Count(is))
}

/// All attempts.
pub const ATTEMPTS: &[Attempt] = &[
    // The socket and the process's own status, besides standard input, output and error.
    count("open_descriptors", |_| descriptors(), 2).control(Who::Anyone),
    count("environment", |_| Outcome::Done(std::env::vars_os().count() as i64), 0),
    // Not an attempt at anything: what user code needs goes on working.
    count("memory_time_and_randomness", |_| needs(), 0),
    refused("open_for_reading", |_| call(libc::SYS_openat, &[AT, path("/etc/passwd"), 0]))
        .deep()
        .control(Who::Anyone),
    refused("open_for_writing", |s| {
        call(libc::SYS_openat, &[AT, path(&format!("{}/file", s.folder)), O_WRONLY])
    })
    .deep()
    .control(Who::Anyone),
    refused("open_by_openat2", |s| {
        call(libc::SYS_openat2, &[AT, path(&format!("{}/file", s.folder)), buffer(), 24])
    })
    .deep()
    .control(Who::Anyone),
    refused("create_file", |s| {
        call(libc::SYS_openat, &[AT, path(&format!("{}/new", s.folder)), O_WRONLY | O_CREAT, 0o600])
    })
    .deep()
    .control(Who::Anyone),
    refused("create_in_tmp", |_| call(libc::SYS_openat, &[AT, path("/tmp"), O_TMPFILE, 0o600]))
        .deep()
        .control(Who::Anyone),
    refused("open_root", |_| call(libc::SYS_openat, &[AT, path("/"), 0]))
        .deep()
        .control(Who::Anyone),
    refused("open_working_folder", |_| call(libc::SYS_openat, &[AT, path("."), 0]))
        .deep()
        .control(Who::Anyone),
    refused("open_device", |_| call(libc::SYS_openat, &[AT, path("/dev/zero"), 0]))
        .deep()
        .control(Who::Anyone),
    refused("own_environment", |_| call(libc::SYS_openat, &[AT, path("/proc/self/environ"), 0]))
        .deep()
        .control(Who::Anyone),
    refused("own_memory_file", |_| call(libc::SYS_openat, &[AT, path("/proc/self/mem"), 0]))
        .deep()
        .control(Who::Anyone),
    refused("environment_of_parent", |s| {
        call(libc::SYS_openat, &[AT, path(&format!("/proc/{}/environ", s.parent)), 0])
    })
    .deep()
    .control(Who::Anyone),
    refused("root_of_parent", |s| {
        call(libc::SYS_openat, &[AT, path(&format!("/proc/{}/root/etc/passwd", s.parent)), 0])
    })
    .deep()
    .control(Who::Anyone),
    refused("metadata", |_| call(libc::SYS_statx, &[AT, path("/etc/passwd"), 0, 0xfff, buffer()]))
        .deep()
        .control(Who::Anyone),
    refused("may_i_read", |_| call(libc::SYS_faccessat, &[AT, path("/etc/passwd"), 4]))
        .deep()
        .control(Who::Anyone),
    refused("read_link", |_| {
        call(libc::SYS_readlinkat, &[AT, path("/proc/self/exe"), buffer(), 100])
    })
    .deep()
    .control(Who::Anyone),
    refused("list_folder", |_| call(libc::SYS_getdents64, &[3, buffer(), 1000])),
    refused("change_folder", |_| call(libc::SYS_chdir, &[path("/etc")]))
        .deep()
        .control(Who::Anyone),
    refused("truncate", |s| call(libc::SYS_truncate, &[path(&format!("{}/file", s.folder)), 1]))
        .deep()
        .control(Who::Anyone),
    refused("unlink", |s| call(libc::SYS_unlinkat, &[AT, path(&format!("{}/file", s.folder)), 0]))
        .deep()
        .control(Who::Anyone),
    refused("make_folder", |s| {
        call(libc::SYS_mkdirat, &[AT, path(&format!("{}/new", s.folder)), 0o700])
    })
    .deep()
    .control(Who::Anyone),
    refused("make_device", |s| {
        call(libc::SYS_mknodat, &[AT, path(&format!("{}/new", s.folder)), 0o020600, 0x103])
    })
    .deep()
    .control(Who::Root),
    refused("make_fifo", |s| {
        call(libc::SYS_mknodat, &[AT, path(&format!("{}/new", s.folder)), 0o010600, 0])
    })
    .deep()
    .control(Who::Anyone),
    refused("symbolic_link", |s| {
        call(libc::SYS_symlinkat, &[path("/etc"), AT, path(&format!("{}/new", s.folder))])
    })
    .deep()
    .control(Who::Anyone),
    refused("hard_link", |s| {
        call(
            libc::SYS_linkat,
            &[AT, path(&format!("{}/file", s.folder)), AT, path(&format!("{}/new", s.folder)), 0],
        )
    })
    .deep()
    .control(Who::Anyone),
    refused("rename", |s| {
        call(
            libc::SYS_renameat2,
            &[AT, path(&format!("{}/file", s.folder)), AT, path(&format!("{}/new", s.folder)), 0],
        )
    })
    .deep()
    .control(Who::Anyone),
    refused("change_mode", |s| {
        call(libc::SYS_fchmodat, &[AT, path(&format!("{}/file", s.folder)), 0o777])
    })
    .deep()
    .control(Who::Anyone),
    refused("change_owner", |s| {
        call(libc::SYS_fchownat, &[AT, path(&format!("{}/file", s.folder)), 0, 0, 0])
    })
    .deep()
    .control(Who::Root),
    refused("change_times", |s| {
        call(libc::SYS_utimensat, &[AT, path(&format!("{}/file", s.folder)), 0, 0])
    })
    .deep()
    .control(Who::Anyone),
    refused("extended_attribute", |s| {
        call(
            libc::SYS_getxattr,
            &[path(&format!("{}/file", s.folder)), path("user.x"), buffer(), 9],
        )
    })
    .deep(),
    refused("name_to_handle", |s| {
        call(
            libc::SYS_name_to_handle_at,
            &[AT, path(&format!("{}/file", s.folder)), handle(), buffer(), 0],
        )
    })
    .deep(),
    refused("open_by_handle", |_| call(libc::SYS_open_by_handle_at, &[AT, handle(), 0])).deep(),
    refused("memory_file", |_| call(libc::SYS_memfd_create, &[path("x"), 0])).control(Who::Anyone),
    refused("watch_files", |_| call(libc::SYS_inotify_init1, &[0])).control(Who::Anyone),
    refused("watch_everything", |_| call(libc::SYS_fanotify_init, &[0, 0]))
        .deep()
        .control(Who::Root),
    refused("read_ahead_by_sendfile", |_| call(libc::SYS_sendfile, &[3, 4, 0, 100])),
    refused("splice", |_| call(libc::SYS_splice, &[3, 0, 3, 0, 1, 0])),
    #[cfg(target_arch = "x86_64")]
    refused("open_of_old", |_| call(libc::SYS_open, &[path("/etc/passwd"), 0]))
        .deep()
        .control(Who::Anyone),
    #[cfg(target_arch = "x86_64")]
    refused("creat_of_old", |s| {
        call(libc::SYS_creat, &[path(&format!("{}/new", s.folder)), 0o600])
    })
    .deep()
    .control(Who::Anyone),
    #[cfg(target_arch = "x86_64")]
    refused("unlink_of_old", |s| call(libc::SYS_unlink, &[path(&format!("{}/file", s.folder))]))
        .deep()
        .control(Who::Anyone),
    #[cfg(target_arch = "x86_64")]
    refused("mkdir_of_old", |s| {
        call(libc::SYS_mkdir, &[path(&format!("{}/new", s.folder)), 0o700])
    })
    .deep()
    .control(Who::Anyone),
    refused("tcp_socket", |_| call(libc::SYS_socket, &[AF_INET, STREAM, 0])).control(Who::Anyone),
    refused("connect_to_nats", |s| connect(AF_INET, STREAM, &ipv4([127, 0, 0, 1], s.port)))
        .deep()
        .control(Who::Anyone),
    refused("connect_by_ipv6", |s| connect(AF_INET6, STREAM, &ipv6_loopback(s.port))).deep(),
    refused("metadata_service", |_| connect(AF_INET, STREAM, &ipv4([169, 254, 169, 254], 80)))
        .deep(),
    refused("send_by_udp", |s| send_to(&ipv4([127, 0, 0, 1], s.port))).deep().control(Who::Anyone),
    refused("ask_name_server", |_| send_to(&ipv4([127, 0, 0, 53], 53))).deep(),
    refused("bind_tcp", |_| bind(AF_INET, STREAM, &ipv4([0, 0, 0, 0], 0)))
        .deep()
        .control(Who::Anyone),
    refused("bind_udp", |_| bind(AF_INET, DGRAM, &ipv4([127, 0, 0, 1], 0))).control(Who::Anyone),
    refused("listen", |_| call(libc::SYS_listen, &[3, 1])),
    refused("accept", |_| call(libc::SYS_accept4, &[3, 0, 0, 0])),
    refused("unix_socket_by_path", |s| {
        connect(AF_UNIX, STREAM, &unix(format!("{}/socket", s.folder).as_bytes()))
    })
    .deep()
    .control(Who::Anyone),
    refused("unix_socket_by_name", |s| {
        connect(AF_UNIX, STREAM, &unix(format!("\0{}", s.name).as_bytes()))
    })
    .deep()
    .control(Who::Anyone),
    refused("raw_socket", |_| call(libc::SYS_socket, &[AF_INET, RAW, 1])).deep().control(Who::Root),
    refused("packet_socket", |_| call(libc::SYS_socket, &[17, RAW, 0x300]))
        .deep()
        .control(Who::Root),
    refused("netlink_socket", |_| call(libc::SYS_socket, &[16, RAW, 0])).control(Who::Anyone),
    refused("vsock_socket", |_| call(libc::SYS_socket, &[40, STREAM, 0])),
    refused("kernel_crypto_socket", |_| call(libc::SYS_socket, &[38, 5, 0])),
    refused("pair_of_sockets", |_| call(libc::SYS_socketpair, &[AF_UNIX, STREAM, 0, buffer()]))
        .control(Who::Anyone),
    refused("pass_descriptor", |_| call(libc::SYS_sendmsg, &[3, buffer(), 0])),
    refused("receive_descriptor", |_| call(libc::SYS_recvmsg, &[3, buffer(), 0])),
    refused("send_to_elsewhere", |_| call(libc::SYS_sendto, &[3, buffer(), 1, 0, buffer(), 16])),
    refused("socket_option", |_| call(libc::SYS_setsockopt, &[3, 1, 2, buffer(), 4])),
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
        .deep()
        .control(Who::Anyone),
    refused("kill_another", |s| call(libc::SYS_kill, &[s.victim as usize, 9]))
        .deep()
        .control(Who::Anyone),
    refused("kill_everybody", |_| call(libc::SYS_kill, &[usize::MAX, 0])).control(Who::Anyone),
    refused("signal_thread_of_parent", |s| {
        call(libc::SYS_tgkill, &[s.parent as usize, s.parent as usize, 0])
    })
    .deep()
    .control(Who::Anyone),
    refused("tkill_parent", |s| call(libc::SYS_tkill, &[s.parent as usize, 0]))
        .deep()
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
