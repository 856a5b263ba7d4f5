use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use super::access_record::EndFacts;
use super::*;

/// The request of a viewer for `/` at `shop`.
pub(super) fn record() -> AccessRecord {
    record_of(DistributionLog::new(
        "shop".parse().unwrap(),
        "shop.brink.localhost".to_owned(),
        None,
    ))
}

pub(super) fn record_of(distribution: DistributionLog) -> AccessRecord {
    AccessRecord {
        distribution: Arc::new(distribution),
        request: RequestFacts {
            id: "id".to_owned(),
            client_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 50_000,
            method: "GET".to_owned(),
            path: b"/".to_vec(),
            query: Vec::new(),
            protocol: "http",
            http_version: "1.1",
            tls: None,
            host: b"shop.example".to_vec(),
            referer: Vec::new(),
            user_agent: Vec::new(),
            forwarded_for: Vec::new(),
            accept: Vec::new(),
            accept_encoding: Vec::new(),
            cookie: Vec::new(),
            headers: None,
            country: None,
            asn: None,
        },
        answer: Some(AnswerFacts {
            status: 200,
            result: "Miss",
            detailed_result: "Miss",
            behavior: "*".to_owned(),
            first_byte: Duration::from_millis(12),
            ..AnswerFacts::default()
        }),
        end: EndFacts {
            at: UNIX_EPOCH + Duration::from_millis(1_796_047_509_838),
            took: Duration::from_millis(1_015),
            sent: 300,
            received: 80,
            result: "Miss",
            detailed_result: "Miss",
            origin_first_byte: None,
            origin_last_byte: None,
        },
    }
}
