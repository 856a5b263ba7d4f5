//! Dates of HTTP (RFC 9110, 5.6.7), read as leniently as origins write them.

use std::time::SystemTime;

/// Reads a date in one of the three forms. Names of days, months and the zone may be in any case,
/// because many origins write them in the wrong case.
pub fn read(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(&in_usual_case(text.trim())).ok()
}

/// A date in the form of HTTP.
pub fn write(at: SystemTime) -> String {
    httpdate::fmt_http_date(at)
}

/// `THU, 18 aug 2050 02:01:18 gmt` as `Thu, 18 Aug 2050 02:01:18 GMT`.
fn in_usual_case(text: &str) -> String {
    let mut usual = String::with_capacity(text.len());
    let mut starts = true;
    for c in text.chars() {
        usual.push(if starts { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
        starts = !c.is_ascii_alphabetic();
    }
    match usual.strip_suffix("Gmt") {
        Some(date) => format!("{date}GMT"),
        None => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_forgiven_and_nothing_else() {
        let usual = read("Thu, 18 Aug 2050 02:01:18 GMT");
        assert!(usual.is_some());
        for same in [
            " thu, 18 AUG 2050 02:01:18 gMT ",
            "THURSDAY, 18-aug-50 02:01:18 GMT",
            "Thu Aug 18 02:01:18 2050",
        ] {
            assert_eq!(read(same), usual, "{same}");
        }
        for broken in [
            "Thu, 18 Aug 2050 02:01:18 UTC",
            "Thu, 18 Aug 50 02:01:18 GMT",
            "Thu 18 Aug 2050 02:01:18 GMT",
            "Thu, 18  Aug  2050 02:01:18 GMT",
            "Thu, 18-Aug-2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 2:01:18 GMT",
            "Fri, 18 Aug 2050 02:01:18 GMT",
            "0",
            "",
        ] {
            assert_eq!(read(broken), None, "{broken}");
        }
        assert_eq!(usual.map(write).as_deref(), Some("Thu, 18 Aug 2050 02:01:18 GMT"));
    }
}
