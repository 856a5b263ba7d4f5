//! Queries of names and their answers (RFC 1035).
//!
//! Only addresses can be had, and only IPv4 ones. Other questions about a name that exists have no
//! answer, so clients that ask for IPv6 first go on to IPv4.

use std::net::Ipv4Addr;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    DnsFlags, DnsOpcode, DnsPacket, DnsQueryType, DnsQuestion, IPV4_HEADER_LEN, IpProtocol,
    Ipv4Packet, Ipv4Repr, UDP_HEADER_LEN, UdpPacket, UdpRepr,
};

use super::flow::Flow;

/// Largest query, in bytes: 512 without EDNS (RFC 1035, 2.3.4), and none needs more.
const QUERY_MAX: usize = 512;

/// Length of the head of a message, in bytes.
const HEAD: usize = 12;

/// Longest name, in bytes (RFC 1035, 2.3.4).
const NAME_MAX: usize = 253;

/// How long a client may use an answer, in seconds.
const TTL: u32 = 60;

/// Time to live of the packets of answers.
const HOPS: u8 = 64;

/// A question about one name.
pub(super) struct Query {
    flow: Flow,
    id: u16,
    flags: DnsFlags,
    /// The question as it came; empty if there is none that can be read.
    question: Vec<u8>,
    asked: Asked,
}

enum Asked {
    /// For an address of this name, or for something else.
    Name { name: String, address: bool },
    /// For a name that no host has.
    NoHostName,
    /// For something else than a name, or for more than one.
    Other(u16),
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The name's address.
    Address(Ipv4Addr),
    /// The name exists, but has nothing of that kind.
    Nothing,
    /// There is no such name.
    NoSuchName,
    /// It could not be looked up.
    Failure,
    /// The query cannot be served, with this code.
    Error(u16),
}

// === impl Query ===

impl Query {
    /// Reads a query. None if it is no query, and gets no answer.
    pub(super) fn read(flow: Flow, message: &[u8]) -> Option<Self> {
        let packet = DnsPacket::new_checked(message).ok()?;
        let flags = packet.flags();
        if flags.contains(DnsFlags::RESPONSE) || message.len() > QUERY_MAX {
            return None;
        }
        let (question, asked) = match packet.opcode() {
            DnsOpcode::Query if packet.question_count() == 1 => Self::question(&packet),
            // 4: not implemented. 1: the format is wrong.
            DnsOpcode::Query => (Vec::new(), Asked::Other(1)),
            _ => (Vec::new(), Asked::Other(4)),
        };
        Some(Self { flow, id: packet.transaction_id(), flags, question, asked })
    }

    fn question(packet: &DnsPacket<&[u8]>) -> (Vec<u8>, Asked) {
        let payload = packet.payload();
        let Ok((rest, question)) = DnsQuestion::parse(payload) else {
            return (Vec::new(), Asked::Other(1));
        };
        let length = payload.len() - rest.len();
        let bytes = payload.get(..length).unwrap_or_default().to_vec();
        let address = question.type_ == DnsQueryType::A;
        let mut name = String::new();
        for label in packet.parse_name(question.name) {
            let Ok(label) = label else { return (Vec::new(), Asked::Other(1)) };
            let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if !label.iter().all(fits) || name.len() + label.len() >= NAME_MAX {
                return (bytes, Asked::NoHostName);
            }
            if !name.is_empty() {
                name.push('.');
            }
            name.extend(label.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
        }
        if name.is_empty() || name.parse::<Ipv4Addr>().is_ok() {
            return (bytes, Asked::NoHostName);
        }
        (bytes, Asked::Name { name, address })
    }

    /// The name, in lower case, or the answer if there is none to look up.
    pub(super) fn name(&self) -> Result<&str, Answer> {
        match &self.asked {
            Asked::Name { name, .. } => Ok(name),
            Asked::NoHostName => Err(Answer::NoSuchName),
            Asked::Other(code) => Err(Answer::Error(*code)),
        }
    }

    /// True if it asks for an address.
    pub(super) fn wants_address(&self) -> bool {
        matches!(self.asked, Asked::Name { address: true, .. })
    }

    /// The packet of the answer.
    pub(super) fn answered(&self, answer: &Answer) -> Vec<u8> {
        let message = self.message(answer);
        let udp = UdpRepr { src_port: self.flow.to.port(), dst_port: self.flow.from.port() };
        let ip = Ipv4Repr {
            src_addr: *self.flow.to.ip(),
            dst_addr: *self.flow.from.ip(),
            next_header: IpProtocol::Udp,
            payload_len: UDP_HEADER_LEN + message.len(),
            hop_limit: HOPS,
        };
        let checksums = ChecksumCapabilities::default();
        let mut bytes = vec![0; IPV4_HEADER_LEN + ip.payload_len];
        let mut packet = Ipv4Packet::new_unchecked(&mut bytes);
        ip.emit(&mut packet, &checksums);
        udp.emit(
            &mut UdpPacket::new_unchecked(packet.payload_mut()),
            &ip.src_addr.into(),
            &ip.dst_addr.into(),
            message.len(),
            |payload| payload.copy_from_slice(&message),
            &checksums,
        );
        bytes
    }

    fn message(&self, answer: &Answer) -> Vec<u8> {
        let code = match answer {
            Answer::Address(_) | Answer::Nothing => 0,
            Answer::Failure => 2,
            Answer::NoSuchName => 3,
            Answer::Error(code) => *code,
        };
        let kept = self.flags & DnsFlags::RECURSION_DESIRED;
        let flags = kept | DnsFlags::RESPONSE | DnsFlags::RECURSION_AVAILABLE;
        let questions = u16::from(!self.question.is_empty());
        let answers = u16::from(matches!(answer, Answer::Address(_)));
        let mut message = Vec::with_capacity(HEAD + self.question.len() + 16);
        for field in [self.id, flags.bits() | code, questions, answers, 0, 0] {
            message.extend_from_slice(&field.to_be_bytes());
        }
        message.extend_from_slice(&self.question);
        if let Answer::Address(address) = answer {
            // The name is the one of the question, behind the head. Type A, class IN.
            for field in [0xc000 | HEAD as u16, 1, 1] {
                message.extend_from_slice(&field.to_be_bytes());
            }
            message.extend_from_slice(&TTL.to_be_bytes());
            message.extend_from_slice(&4_u16.to_be_bytes());
            message.extend_from_slice(&address.octets());
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(message: &[u8]) -> Option<Query> {
        let flow =
            Flow { from: "198.18.0.2:5000".parse().unwrap(), to: "198.18.0.1:53".parse().unwrap() };
        Query::read(flow, message)
    }

    fn asks(name: &[u8], kind: u16) -> Vec<u8> {
        let mut message = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00".to_vec();
        message.extend_from_slice(name);
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(b"\x00\x01");
        message
    }

    #[test]
    fn an_address_is_answered() {
        let message = asks(b"\x03Api\x07example\x00", 1);
        let query = query(&message).unwrap();
        assert_eq!(query.name().unwrap(), "api.example");
        assert!(query.wants_address());
        let answer = query.message(&Answer::Address(Ipv4Addr::new(198, 18, 1, 0)));
        assert_eq!(answer[..12], *b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00");
        assert_eq!(answer[12..message.len()], message[12..]);
        assert_eq!(
            answer[message.len()..],
            *b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x12\x01\x00"
        );
    }

    #[test]
    fn other_questions_have_an_answer_without_records() {
        let query = query(&asks(b"\x01a\x00", 28)).unwrap();
        assert!(!query.wants_address());
        assert_eq!(query.message(&Answer::Nothing)[2..8], *b"\x81\x80\x00\x01\x00\x00");
        assert_eq!(query.message(&Answer::NoSuchName)[2..4], *b"\x81\x83");
    }

    #[test]
    fn what_is_no_question_about_a_host_is_answered_at_once() {
        for (name, answer) in [
            (&b"\x00"[..], Answer::NoSuchName),
            (b"\x03a b\x00", Answer::NoSuchName),
            (b"\x01a\x03b.c\x00", Answer::NoSuchName),
            (b"\x0210\x010\x010\x011\x00", Answer::NoSuchName),
            (b"\x3fshort\x00", Answer::Error(1)),
            (b"\xc0\xff", Answer::Error(1)),
        ] {
            let query = query(&asks(name, 1)).unwrap();
            assert_eq!(query.name().unwrap_err(), answer, "{name:?}");
        }
        let mut two = asks(b"\x01a\x00", 1);
        two[5] = 2;
        assert_eq!(query(&two).unwrap().name().unwrap_err(), Answer::Error(1));
        let mut response = asks(b"\x01a\x00", 1);
        response[2] |= 0x80;
        assert!(query(&response).is_none());
        assert!(query(b"short").is_none());
    }
}
