//! Values of options that have a form of their own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use brink_shared::event::Trigger;
use brink_shared::private_content::HashAlgorithm;

/// Seconds, or a number with a unit.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let number = || text.parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
    number()
        .or_else(|| humantime::parse_duration(text).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "write seconds, for example 5 or 0.5, or a unit, for example 250ms".into())
}

/// A time with a unit; `0s` is one.
pub fn age(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "write a time with a unit, for example 12h or 30d".into())
}

/// A number from 1 on.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "write a whole number from 1 on; the newest one is never removed".into())
}

/// `NAME=VALUE`.
pub fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let sound = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if sound && plain {
        Ok((name.to_owned(), value.to_owned()))
    } else {
        Err(format!("{name:?} is not the name of a variable: use letters, digits and _"))
    }
}

/// One of the four triggers.
pub fn trigger(text: &str) -> Result<Trigger, String> {
    let known = Trigger::ALL.into_iter().find(|trigger| trigger.as_str() == text);
    known.ok_or_else(|| format!("use one of {}", Trigger::ALL.map(Trigger::as_str).join(", ")))
}

/// A moment in seconds since 1970: as such, as a date, or as a time from now.
pub fn moment(text: &str) -> Result<u64, String> {
    let epoch =
        |time: SystemTime| time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    let date = || {
        let day = format!("{text}T00:00:00Z");
        let time = humantime::parse_rfc3339_weak(text);
        time.or_else(|_| humantime::parse_rfc3339_weak(&day)).ok().and_then(epoch)
    };
    let from_now = || epoch(SystemTime::now().checked_add(humantime::parse_duration(text).ok()?)?);
    text.parse().ok().or_else(date).or_else(from_now).ok_or_else(|| {
        "write seconds since 1970, 2027-01-31, 2027-01-31T12:00:00Z, or a time from now, such as 2h"
            .into()
    })
}

/// The hash of a signature.
pub fn hash(text: &str) -> Result<HashAlgorithm, String> {
    HashAlgorithm::named(&text.to_ascii_uppercase()).ok_or_else(|| "use sha1 or sha256".into())
}

/// `Name: value`.
pub fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write NAME: VALUE")?;
    let name = name.trim();
    if actix_web::http::header::HeaderName::try_from(name).is_err() {
        return Err(format!("{name:?} is not the name of a header"));
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_their_units() {
        assert_eq!(seconds("0.25").unwrap(), Duration::from_millis(250));
        assert_eq!(seconds("250ms").unwrap(), Duration::from_millis(250));
        assert!(seconds("0").is_err() && seconds("-1").is_err() && seconds("soon").is_err());
        assert_eq!(moment("1700000000"), Ok(1_700_000_000));
        assert_eq!(moment("2023-11-14T22:13:20Z"), Ok(1_700_000_000));
        assert_eq!(moment("2023-11-14"), Ok(1_699_920_000));
        assert!(moment("2h").unwrap() > 1_700_000_000 && moment("soon").is_err());
        assert_eq!(variable("A=b=c").unwrap(), ("A".into(), "b=c".into()));
        assert!(variable("=b").is_err() && variable("1A=b").is_err() && variable("A").is_err());
        assert_eq!(header("X-Up: a:b").unwrap(), ("X-Up".into(), "a:b".into()));
        assert!(header("nothing").is_err() && header("a b: c").is_err());
    }
}
