use std::sync::Arc;

use brink_shared::access_log::{REAL_TIME_FIELDS, STANDARD_FIELDS};
use brink_shared::registry::distribution::{Logging, RealTimeLogging};
use proptest::prelude::*;

use super::super::access_record::{HeaderFacts, Tls};
use super::super::distribution_log::DistributionLog;
use super::super::tests::{record, record_of};
use super::*;

/// A log with all fields that there are.
fn all_fields() -> DistributionLog {
    let fields = REAL_TIME_FIELDS.map(str::to_owned).to_vec();
    let real_time = Some(RealTimeLogging { sampling_rate: 100, fields });
    let logging = Logging { standard: true, include_cookies: true, real_time };
    DistributionLog::new("shop".parse().unwrap(), "shop.test".to_owned(), Some(&logging))
}

fn lines(record: &AccessRecord) -> (String, String) {
    let (mut standard, mut real_time) = (String::new(), String::new());
    push_standard(&mut standard, record, "gw 1");
    let log = record.distribution.real_time.as_ref().unwrap();
    push_real_time(&mut real_time, log, record, "gw 1");
    (standard, real_time)
}

#[test]
fn a_line_of_the_standard_log_has_its_values_in_order() {
    let mut line = String::new();
    push_standard(&mut line, &record(), "gw");
    let expected = "2026-11-30 14:05:09 gw 300 127.0.0.1 GET shop.brink.localhost / 200 - - - - Miss \
        id shop.example http 80 1.015 - - - Miss HTTP/1.1 - - 50000 0.012 Miss - - - -";
    assert_eq!(line, format!("{}\n", expected.replace(' ', "\t")));
}

#[test]
fn a_tls_session_has_its_fields() {
    let mut record = record_of(all_fields());
    let (protocol, cipher) = ("TLSv1.3", "TLS_AES_128_GCM_SHA256");
    record.request.tls = Some(Tls { protocol, cipher });
    let (standard, real_time) = lines(&record);
    let field = |line: &str, names: &[&str], name: &str| {
        let index = names.iter().position(|known| *known == name).unwrap();
        line.trim_end().split('\t').nth(index).unwrap().to_owned()
    };
    for (line, names) in [(standard, &STANDARD_FIELDS[..]), (real_time, &REAL_TIME_FIELDS[..])] {
        assert_eq!(field(&line, names, "ssl-protocol"), "TLSv1.3");
        assert_eq!(field(&line, names, "ssl-cipher"), "TLS_AES_128_GCM_SHA256");
    }
}

#[test]
fn a_field_of_a_newer_release_keeps_its_place() {
    let fields = ["c-port", "from-the-future", "c-ip"].map(str::to_owned).to_vec();
    let real_time = Some(RealTimeLogging { sampling_rate: 100, fields });
    let logging = Logging { standard: false, include_cookies: false, real_time };
    let log = DistributionLog::new("shop".parse().unwrap(), String::new(), Some(&logging));
    assert_eq!(lines(&record_of(log)).1, "50000\t-\t127.0.0.1\n");
}

proptest! {
    /// Log injection is impossible: a line has its fields and no more, whatever a viewer or an
    /// origin sends.
    #[test]
    fn every_request_is_one_line_with_all_fields(
        texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 12),
        method in "\\PC{0,20}[\t\n\r]?\\PC{0,20}",
        country in proptest::option::of("[\\s\\S]{0,5}"),
        status in proptest::option::of(0..1000_u16),
    ) {
        let mut record = record_of(all_fields());
        let request = &mut record.request;
        let text = |index: usize| texts[index].clone();
        request.method = method;
        request.path = text(0);
        request.query = text(1);
        request.host = text(2);
        request.referer = text(3);
        request.user_agent = text(4);
        request.forwarded_for = text(5);
        request.accept = text(6);
        request.accept_encoding = text(7);
        request.cookie = [text(8), text(8), text(8), text(8)].concat();
        request.headers = Some(HeaderFacts { lines: text(9), names: text(10), count: 7 });
        request.country = country;
        match (status, &mut record.answer) {
            (Some(status), Some(answer)) => {
                answer.status = status;
                answer.content_type = text(11);
            }
            (_, answer) => *answer = None,
        }
        record.distribution = Arc::new(all_fields());
        let (standard, real_time) = lines(&record);
        for (line, fields) in [(standard, 33), (real_time, 43)] {
            prop_assert!(line.is_ascii());
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert!(line.ends_with('\n'));
            let values: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
            prop_assert_eq!(values.len(), fields);
            let is_plain = |value: &str| !value.is_empty() && value.bytes().all(|b| b > 32);
            prop_assert!(values.iter().all(|value| is_plain(value)), "{}", line);
        }
    }
}
