//! Values of options that have a form of their own.

use std::time::Duration;

use brink_shared::event::Trigger;

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
        assert_eq!(variable("A=b=c").unwrap(), ("A".into(), "b=c".into()));
        assert!(variable("=b").is_err() && variable("1A=b").is_err() && variable("A").is_err());
        assert_eq!(header("X-Up: a:b").unwrap(), ("X-Up".into(), "a:b".into()));
        assert!(header("nothing").is_err() && header("a b: c").is_err());
    }
}
