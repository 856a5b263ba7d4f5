//! Sockets: the machine's network, the bus, other processes.

use super::{Attempt, Who, refused};
use crate::system_calls::*;

pub(super) const NETWORK: &[Attempt] = &[
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
        .recent()
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
];
