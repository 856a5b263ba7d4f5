"""Attempts of Python code to get out of its sandbox.

The event names an attempt and the targets around it. The answer is ["done", what came of it] or
["refused", why].
"""
import ctypes
import errno
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

# Numbers of system calls: those of x86-64 first, those of AArch64 second.
NUMBERS = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280),
    "capset": (126, 91), "chroot": (161, 51), "clock_settime": (227, 112), "clone": (56, 220),
    "clone3": (435, 435), "delete_module": (176, 106), "execveat": (322, 281),
    "fanotify_init": (300, 262), "finit_module": (313, 273), "fsopen": (430, 430),
    "inotify_init1": (294, 26), "io_setup": (206, 0), "io_uring_setup": (425, 425),
    "ioprio_set": (251, 30), "kcmp": (312, 272), "kexec_load": (246, 104), "keyctl": (250, 219),
    "mbind": (237, 235), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "migrate_pages": (256, 238), "mount": (165, 40), "mq_open": (240, 180), "msgget": (68, 186),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pivot_root": (155, 41),
    "prctl": (157, 167), "process_madvise": (440, 440), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60),
    "reboot": (169, 142), "request_key": (249, 218), "rt_sigqueueinfo": (129, 138),
    "seccomp": (317, 277), "semget": (64, 190), "setdomainname": (171, 162),
    "sethostname": (170, 161), "setgroups": (116, 159), "setns": (308, 268),
    "setresuid": (117, 147), "settimeofday": (164, 170), "shmget": (29, 194),
    "swapon": (167, 224), "sync": (162, 81), "syslog": (103, 116), "tkill": (200, 130),
    "umount2": (166, 39), "unshare": (272, 97), "userfaultfd": (323, 282), "vhangup": (153, 58),
    "vmsplice": (278, 75),
}
COLUMN = 0 if os.uname().machine == "x86_64" else 1
NEW_USER = 0x10000000
CHILD = 17

buffer = ctypes.create_string_buffer(4096)


def call(name, *arguments):
    """Asks the kernel directly."""
    converted = [ctypes.c_char_p(a) if isinstance(a, bytes) else
                 a if not isinstance(a, int) else ctypes.c_long(a) for a in arguments]
    ctypes.set_errno(0)
    answer = libc.syscall(ctypes.c_long(NUMBERS[name][COLUMN]), *converted)
    if answer < 0:
        raise OSError(ctypes.get_errno(), name)
    return answer


def in_child(answer):
    """Ends the process that a fork made."""
    if answer == 0:
        os._exit(0)
    return answer


def read(path):
    with open(path, "rb") as file:
        return len(file.read(64))


def write(path):
    with open(path, "wb") as file:
        return file.write(b"x")


def connect(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as client:
        client.settimeout(5)
        client.connect(address)
        return "connected"


def send(family, address):
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        return client.sendto(b"x", address)


def vectors():
    there = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 1)
    return ctypes.cast(there, ctypes.c_void_p)


def attach(process):
    """Traces a process, which stops it, and lets it go."""
    answer = call("ptrace", 0x4206, process, 0, 0)  # PTRACE_SEIZE
    call("ptrace", 17, process, 0, 0)
    return answer


def clone_arguments():
    return (ctypes.c_uint64 * 8)(0, 0, 0, 0, CHILD, 0, 0, 0)


def own_signals(scene):
    """Has the kernel send signals of one's own to another process."""
    import fcntl
    ours, theirs = os.pipe()
    return fcntl.fcntl(ours, fcntl.F_SETOWN, scene["victim"])


def moved_root(scene):
    """Opens a file of the machine by its handle."""
    handle = ctypes.create_string_buffer(256)
    ctypes.cast(handle, ctypes.POINTER(ctypes.c_uint))[0] = 128
    return call("open_by_handle_at", os.open("/", os.O_RDONLY), handle, 0)


def threads_without_end(scene):
    """Returns how many threads there can be."""
    done = threading.Event()
    started = []
    try:
        while len(started) < 2000:
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        return len(started)
    finally:
        done.set()
        for thread in started:
            thread.join()
    return len(started)


def descriptors_without_end(scene):
    opened = []
    try:
        while len(opened) < 5000:
            opened.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        return len(opened)
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return len(opened)


def raised(name):
    import resource
    kind = getattr(resource, name)
    resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return resource.getrlimit(kind)


def open_descriptors(scene):
    """All that were inherited."""
    return [d for d in range(3, 64) if d != 3 and is_inherited(d)]


def is_inherited(descriptor):
    try:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return False
    return not path.startswith("anon_inode:") and "/var/task" not in path


ATTEMPTS = {
    # Files.
    "read_passwords": lambda s: read("/etc/shadow"),
    "read_machine_folder": lambda s: os.listdir(s["folder"]),
    "read_machine_file": lambda s: read(s["folder"] + "/file"),
    "read_other_bundle": lambda s: read(s["other"] + "/task/secret"),
    "list_other_sandboxes": lambda s: os.listdir(os.path.dirname(s["other"])),
    "read_home_of_root": lambda s: read("/root/.bashrc"),
    "read_system_settings": lambda s: read("/proc/sys/kernel/core_pattern"),
    "read_devices_of_system": lambda s: os.listdir("/sys/class"),
    "read_kernel_log": lambda s: os.open("/dev/kmsg", os.O_RDONLY),
    "read_memory_of_machine": lambda s: os.open("/dev/mem", os.O_RDONLY),
    "open_tun": lambda s: os.open("/dev/net/tun", os.O_RDWR),
    "write_bundle": lambda s: write("/var/task/written"),
    "write_bootstraps": lambda s: write("/opt/brink/written"),
    "write_root": lambda s: write("/written"),
    "write_libraries": lambda s: write("/usr/lib/written"),
    "write_machine_file": lambda s: write(s["folder"] + "/file"),
    "remove_machine_file": lambda s: os.unlink(s["folder"] + "/file"),
    "make_folder_on_machine": lambda s: os.mkdir(s["folder"] + "/made"),
    "link_to_machine": lambda s: (os.symlink(s["folder"], tempfile.mkdtemp() + "/link"),
                                  os.listdir(tempfile.gettempdir() + "/link/."))[1],
    "change_rights": lambda s: os.chmod(s["folder"] + "/file", 0o600),
    "change_owner": lambda s: os.chown(s["folder"] + "/file", os.geteuid(), os.getegid()),
    "change_times": lambda s: os.utime(s["folder"] + "/file", (1, 1)),
    "cut_off": lambda s: os.truncate(s["folder"] + "/file", 0),
    "change_rights_of_bundle": lambda s: os.chmod(__file__, 0o777),
    "change_rights_by_descriptor": lambda s: os.fchmod(os.open(__file__, os.O_RDONLY), 0o777),
    "change_times_of_bundle": lambda s: os.utime(__file__, (1, 1)),
    "add_attribute_to_bundle": lambda s: os.setxattr(__file__, "user.brink", b"x"),
    "make_device": lambda s: os.mknod(tempfile.mktemp(), stat.S_IFBLK | 0o600, os.makedev(8, 0)),
    "open_by_handle": moved_root,
    "handle_of_root": lambda s: call("name_to_handle_at", -100, b"/", buffer, buffer, 0),
    # Networks.
    "connect_tcp": lambda s: connect(socket.AF_INET, ("127.0.0.1", s["port"])),
    "connect_tcp6": lambda s: connect(socket.AF_INET6, ("::1", s["port"])),
    "connect_out": lambda s: connect(socket.AF_INET, ("192.0.2.1", 80)),
    "send_udp": lambda s: send(socket.AF_INET, ("127.0.0.1", s["port"])),
    "connect_socket_file": lambda s: connect(socket.AF_UNIX, s["folder"] + "/socket"),
    "connect_abstract": lambda s: connect(socket.AF_UNIX, "\0" + s["name"]),
    "raw_socket": lambda s: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).fileno(),
    "ping_socket": lambda s: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1).fileno(),
    "packet_socket": lambda s: socket.socket(17, socket.SOCK_RAW).fileno(),
    "netlink_socket": lambda s: socket.socket(16, socket.SOCK_RAW, 0).fileno(),
    "vsock": lambda s: socket.socket(40, socket.SOCK_STREAM).fileno(),
    "crypto_socket": lambda s: socket.socket(38, socket.SOCK_SEQPACKET).fileno(),
    "multipath_socket": lambda s: socket.socket(2, socket.SOCK_STREAM, 262).fileno(),
    # Processes.
    "find_parent": lambda s: os.kill(s["parent"], 0),
    "stop_parent": lambda s: os.kill(s["parent"], 19),
    "kill_victim": lambda s: os.kill(s["victim"], 9),
    "kill_all": lambda s: os.kill(-1, 0),
    "queue_signal": lambda s: call("rt_sigqueueinfo", s["victim"], 0, buffer),
    "kill_thread": lambda s: call("tkill", s["victim"], 9),
    "send_signals_later": own_signals,
    "pidfd_open": lambda s: call("pidfd_open", s["victim"], 0),
    "pidfd_send_signal": lambda s: call("pidfd_send_signal", os.open("/proc/self", 0), 9, 0, 0),
    "pidfd_getfd": lambda s: call("pidfd_getfd", 0, 0, 0),
    "trace_parent": lambda s: attach(s["parent"]),
    "trace_victim": lambda s: attach(s["victim"]),
    "read_memory": lambda s: call("process_vm_readv", s["victim"], vectors(), 1, vectors(), 1, 0),
    "write_memory": lambda s: call("process_vm_writev", s["victim"], vectors(), 1, vectors(), 1, 0),
    "environment_of_parent": lambda s: read(f"/proc/{s['parent']}/environ"),
    "memory_of_parent": lambda s: os.open(f"/proc/{s['parent']}/mem", os.O_RDWR),
    "files_of_parent": lambda s: os.listdir(f"/proc/{s['parent']}/fd"),
    "root_of_parent": lambda s: os.listdir(f"/proc/{s['parent']}/root/."),
    "environment_of_victim": lambda s: read(f"/proc/{s['victim']}/environ"),
    "root_of_first": lambda s: os.listdir("/proc/1/root/."),
    "slow_victim": lambda s: os.setpriority(os.PRIO_PROCESS, s["victim"], 19),
    "slow_all_of_user": lambda s: os.setpriority(os.PRIO_USER, 0, 19),
    "pin_victim": lambda s: os.sched_setaffinity(s["victim"], {0}),
    "limit_victim": lambda s: __import__("resource").prlimit(s["victim"], 7, (0, 0)),
    "disk_priority": lambda s: call("ioprio_set", 1, s["victim"], 0x6007),
    "compare": lambda s: call("kcmp", s["victim"], os.getpid(), 0, 0, 0),
    "move_pages": lambda s: call("migrate_pages", s["victim"], 64, buffer, buffer),
    "advise_others_memory": lambda s: call("process_madvise", 3, vectors(), 1, 4, 0),
    # Starting processes and programs.
    "fork": lambda s: in_child(os.fork()),
    "clone": lambda s: in_child(call("clone", CHILD, 0, 0, 0, 0)),
    "clone3": lambda s: in_child(call("clone3", clone_arguments(), 64)),
    "run_program": lambda s: subprocess.run(["/bin/true"]).returncode,
    "run_shell": lambda s: subprocess.run("true", shell=True, check=True).returncode,
    "spawn": lambda s: os.posix_spawn("/bin/true", ["true"], {}),
    "become_program": lambda s: os.execv("/bin/true", ["true"]),
    "become_itself": lambda s: os.execv(sys.executable, [sys.executable, "-c", ""]),
    "become_by_descriptor": lambda s: call("execveat", os.open(sys.executable, os.O_RDONLY), b"",
                                           0, 0, 0x1000),
    # Namespaces and mounts.
    "new_user": lambda s: call("unshare", NEW_USER),
    "new_mounts": lambda s: call("unshare", 0x20000),
    "clone_new_user": lambda s: in_child(call("clone", NEW_USER | CHILD, 0, 0, 0, 0)),
    "enter_network": lambda s: call("setns", os.open("/proc/self/ns/net", 0), 0),
    "mount": lambda s: call("mount", b"none", b"/tmp", b"tmpfs", 0, b""),
    "unmount": lambda s: call("umount2", b"/tmp", 2),
    "open_tree": lambda s: call("open_tree", -100, b"/", 1),
    "fsopen": lambda s: call("fsopen", b"tmpfs", 0),
    "pivot_root": lambda s: call("pivot_root", b".", b"."),
    "chroot": lambda s: call("chroot", b"/tmp"),
    # Privileges.
    "become_root": lambda s: call("setresuid", 0, 0, 0),
    "join_groups": lambda s: call("setgroups", 1, buffer),
    "capabilities": lambda s: call("capset", (ctypes.c_uint32 * 2)(0x20080522, 0),
                                   (ctypes.c_uint32 * 6)(255, 255, 0, 0, 0, 0)),
    "outlive_supervisor": lambda s: call("prctl", 1, 0, 0, 0, 0),
    "be_traced": lambda s: call("prctl", 0x59616D61, -1, 0, 0, 0),
    "other_personality": lambda s: call("personality", 0x0040000),
    "raise_descriptors": lambda s: raised("RLIMIT_NOFILE"),
    "raise_processes": lambda s: raised("RLIMIT_NPROC"),
    "raise_file_size": lambda s: raised("RLIMIT_FSIZE"),
    "raise_core": lambda s: raised("RLIMIT_CORE"),
    "raise_locked_memory": lambda s: raised("RLIMIT_MEMLOCK"),
    # Other parts of the kernel.
    "bpf": lambda s: call("bpf", 0, (ctypes.c_uint32 * 32)(2, 4, 4, 1), 72),
    "perf": lambda s: call("perf_event_open", (ctypes.c_uint64 * 16)(112 << 32), 0, -1, -1, 0),
    "userfaultfd": lambda s: call("userfaultfd", 0),
    "io_uring": lambda s: call("io_uring_setup", 4, buffer),
    "aio": lambda s: call("io_setup", 4, ctypes.create_string_buffer(8)),
    "keyctl": lambda s: call("keyctl", 0, -3, 1),
    "add_key": lambda s: call("add_key", b"user", b"brink", b"x", 1, -3),
    "request_key": lambda s: call("request_key", b"user", b"brink", 0, 0),
    "memory_file": lambda s: call("memfd_create", b"x", 0),
    "secret_memory": lambda s: call("memfd_secret", 0),
    "shared_memory": lambda s: call("shmget", 0, 4096, 0o1600),
    "semaphores": lambda s: call("semget", 0, 1, 0o1600),
    "messages": lambda s: call("msgget", 0, 0o1600),
    "message_queue": lambda s: call("mq_open", b"brink", 0o102, 0o600, 0),
    "inotify": lambda s: call("inotify_init1", 0),
    "fanotify": lambda s: call("fanotify_init", 0, 0),
    "bind_memory": lambda s: call("mbind", buffer, 4096, 0, 0, 0, 0),
    "vmsplice": lambda s: call("vmsplice", os.pipe()[1], vectors(), 1, 0),
    "another_filter": lambda s: call("seccomp", 1, 0, 0),
    "load_kernel": lambda s: call("kexec_load", 0, 0, 0, 0),
    "load_module": lambda s: call("finit_module", 0, b"", 0),
    "unload_module": lambda s: call("delete_module", b"brink", 0),
    "restart_machine": lambda s: call("reboot", 0, 0, 0, 0),
    "swap": lambda s: call("swapon", b"/tmp/x", 0),
    "quota": lambda s: call("quotactl", 0x800001, 0, 0, 0),
    "account": lambda s: call("acct", 0),
    "log_of_kernel": lambda s: call("syslog", 3, buffer, 16),
    "set_clock": lambda s: call("clock_settime", 0, buffer),
    "set_time": lambda s: call("settimeofday", buffer, 0),
    "adjust_clock": lambda s: call("adjtimex", (ctypes.c_long * 32)(0)),
    "host_name": lambda s: call("sethostname", b"x", 1),
    "domain_name": lambda s: call("setdomainname", b"x", 1),
    "hang_up": lambda s: call("vhangup"),
    "write_all_disks": lambda s: call("sync"),
    # Not attempts: what a function may do, and how much of it.
    "count_threads": threads_without_end,
    "count_descriptors": descriptors_without_end,
    "inherited_descriptors": open_descriptors,
    "environment": lambda s: sorted(os.environ),
    "size_of_tmp": lambda s: os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize,
}


def handler(event, context):
    try:
        return ["done", ATTEMPTS[event["attempt"]](event["scene"])]
    except OSError as error:
        name = errno.errorcode.get(error.errno, type(error).__name__) if error.errno else str(error)
        return ["refused", name]
    except ValueError as error:
        return ["refused", str(error)]
