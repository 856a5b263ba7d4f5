"""Runs a command in a network namespace of its own, as a worker's launcher does.

Standard input is a Unix socket. It gets the proxy's listener and, with `transparent`, the TUN device.
"""

import array
import ctypes
import fcntl
import os
import socket
import struct
import sys
import tempfile

NEWNS, NEWUSER, NEWNET = 0x00020000, 0x10000000, 0x40000000
BIND, REC, PRIVATE = 0x1000, 0x4000, 0x40000

libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def unshare():
    user, group = os.getuid(), os.getgid()
    check(libc.unshare(NEWUSER | NEWNS | NEWNET))
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def interface(control, request, name, *data):
    fcntl.ioctl(control, request, struct.pack("16s", name.encode()) + b"".join(data).ljust(24, b"\0"))


def address(text):
    return struct.pack("=HH4s", socket.AF_INET, 0, socket.inet_aton(text)) + bytes(8)


def up(control, name):
    # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
    interface(control, 0x8914, name, struct.pack("h", 0x41))


def tun(control):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    # TUNSETIFF, IFF_TUN | IFF_NO_PI
    interface(device, 0x400454CA, "brink0", struct.pack("h", 0x1001))
    interface(control, 0x8922, "brink0", struct.pack("i", 16 * 1024))  # SIOCSIFMTU
    interface(control, 0x8916, "brink0", address("198.18.0.2"))  # SIOCSIFADDR
    interface(control, 0x891C, "brink0", address("255.254.0.0"))  # SIOCSIFNETMASK
    up(control, "brink0")
    # SIOCADDRT: the default route to 198.18.0.1, RTF_UP | RTF_GATEWAY
    route = struct.pack("=Q", 0) + address("0.0.0.0") + address("198.18.0.1") + address("0.0.0.0")
    fcntl.ioctl(control, 0x890B, (route + struct.pack("=H", 3)).ljust(120, b"\0"))
    check(libc.mount(b"none", b"/", None, REC | PRIVATE, None))
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write("nameserver 198.18.0.1\n")
    os.chmod(file.name, 0o644)
    check(libc.mount(file.name.encode(), os.path.realpath("/etc/resolv.conf").encode(), None, BIND, None))
    os.unlink(file.name)
    return device


def main():
    mode, *command = sys.argv[1:]
    supervisor = socket.socket(fileno=os.dup(0))
    unshare()
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    up(control, "lo")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 3128))
    listener.listen(128)
    listener.setblocking(False)
    descriptors = [listener.fileno()]
    if mode == "transparent":
        descriptors.append(tun(control))
    rights = array.array("i", descriptors)
    supervisor.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.execvp(command[0], command)


main()
