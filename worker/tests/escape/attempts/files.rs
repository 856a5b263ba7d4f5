//! Files and folders: by name, by handle, and without a name.

use super::{Attempt, Who, refused};
use crate::system_calls::*;

pub(super) const FILES: &[Attempt] = &[
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
];
