//! Reads dates as V8 does: ISO 8601 strictly, and the forms that browsers have always read.
//!
//! Examples of these forms are `Jul 6, 2026 10:00 PM`, `7/6/26` and `Mon Jul 06 2026 10:00:00
//! GMT+0200 (CEST)`. They have numbers and names of months and zones in nearly any order, unknown
//! words before the first number, and any text in parentheses.

mod tokens;

use tokens::{Keyword, Token, Tokens};

/// The furthest time from 1970 that a `Date` can have, in milliseconds.
const TIME_MAX: i64 = 8_640_000_000_000_000;

/// The time in a text, in milliseconds since 1970; none if the text is not a date.
pub(super) fn read(text: &str) -> Option<i64> {
    let mut reader = Reader { tokens: Tokens::new(text), ..Reader::default() };
    let rest = reader.iso()?;
    reader.legacy(rest)?;
    let time =
        reader.day.days()? * 86_400_000 + reader.clock.milliseconds()? - reader.zone.milliseconds();
    (time.abs() <= TIME_MAX).then_some(time)
}

#[derive(Default)]
struct Reader<'a> {
    tokens: Tokens<'a>,
    day: Day,
    clock: Clock,
    zone: Zone,
}

/// Up to three numbers of a day, and the month if it was named.
#[derive(Default)]
struct Day {
    numbers: Vec<i64>,
    month: Option<i64>,
    is_iso: bool,
}

/// Hours, minutes, seconds and milliseconds, as far as the text has them.
#[derive(Default)]
struct Clock {
    numbers: Vec<i64>,
    /// 0 after `AM`, 12 after `PM`.
    half: Option<i64>,
}

/// How far the time's zone is from UTC.
#[derive(Default)]
struct Zone {
    sign: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
}

// === impl Reader ===

impl Reader<'_> {
    /// Reads ISO 8601 as far as possible. Returns the first token that does not belong to it; none
    /// if the text began like ISO and cannot be a date.
    fn iso(&mut self) -> Option<Token> {
        if let Some(sign) = self.tokens.peek().sign() {
            let token = self.tokens.next();
            let Some(year) = self.tokens.peek().fixed(6).filter(|year| sign > 0 || *year != 0)
            else {
                return Some(token);
            };
            self.tokens.next();
            self.day.add(sign * year);
        } else if let Some(year) = self.tokens.peek().fixed(4) {
            self.tokens.next();
            self.day.add(year);
        } else {
            return Some(self.tokens.next());
        }
        for most in [12, 31] {
            if !self.tokens.skip('-') {
                break;
            }
            let Some(number) = self.tokens.peek().fixed(2).filter(|n| (1..=most).contains(n))
            else {
                return Some(self.tokens.next());
            };
            self.tokens.next();
            self.day.add(number);
        }
        match self.tokens.peek() {
            Token::End => self.zone.set(0),
            Token::Word(Some(Keyword::TimeBegins), _) => self.iso_time()?,
            _ => return Some(self.tokens.next()),
        }
        self.day.is_iso = true;
        Some(Token::End)
    }

    fn iso_time(&mut self) -> Option<()> {
        self.tokens.next();
        let hour = self.iso_number(24)?;
        self.clock.add(hour)?;
        self.tokens.skip(':').then_some(())?;
        let last = |most| if hour == 24 { 0 } else { most };
        let minute = self.iso_number(last(59))?;
        self.clock.add(minute)?;
        if self.tokens.skip(':') {
            let second = self.iso_number(last(59))?;
            self.clock.add(second)?;
            if self.tokens.skip('.') {
                let fraction = self.tokens.next().milliseconds()?;
                (hour != 24 || fraction == 0).then_some(())?;
                self.clock.add(fraction)?;
            }
        }
        if let Token::Word(Some(Keyword::Zone(0)), 1) = self.tokens.peek() {
            self.tokens.next();
            self.zone.set(0);
        } else if let Some(sign) = self.tokens.peek().sign() {
            self.tokens.next();
            self.zone.sign = Some(sign);
            let (hour, minute) = match self.tokens.peek().fixed(4) {
                Some(both) => {
                    self.tokens.next();
                    (both / 100, both % 100)
                }
                None => {
                    let hour = self.iso_number(23)?;
                    self.tokens.skip(':').then_some(())?;
                    (hour, self.iso_number(59)?)
                }
            };
            (hour <= 23 && minute <= 59).then_some(())?;
            (self.zone.hour, self.zone.minute) = (Some(hour), Some(minute));
        }
        (self.tokens.peek() == Token::End).then_some(())
    }

    fn iso_number(&mut self, most: i64) -> Option<i64> {
        self.tokens.next().fixed(2).filter(|number| *number <= most)
    }

    /// Reads the other forms, from a token that was taken already.
    fn legacy(&mut self, mut token: Token) -> Option<()> {
        let mut numbers_read = !self.day.numbers.is_empty();
        while token != Token::End {
            match token {
                Token::Number { value, .. } => {
                    numbers_read = true;
                    self.number(value)?;
                }
                Token::Word(keyword, _) => self.word(keyword, numbers_read)?,
                token => match token.sign() {
                    Some(sign) if self.zone.is_utc() || !self.clock.numbers.is_empty() => {
                        numbers_read = true;
                        self.offset(sign)?;
                    }
                    Some(_) if numbers_read => return None,
                    _ if numbers_read && token == Token::Symbol(')') => return None,
                    _ => {}
                },
            }
            token = self.tokens.next();
        }
        Some(())
    }

    fn number(&mut self, value: i64) -> Option<()> {
        if self.tokens.skip(':') {
            if self.tokens.skip(':') {
                self.clock.numbers.is_empty().then_some(())?;
                self.clock.add(value)?;
                return self.clock.add(0);
            }
            self.clock.add(value)?;
            self.tokens.skip('.');
        } else if self.clock.expects(value) && self.tokens.skip('.') {
            self.clock.add(value)?;
            let fraction = self.tokens.next().milliseconds()?;
            self.clock.finish(fraction)?;
        } else if self.zone.hour.is_some() && self.zone.minute.is_none() && value <= 59 {
            self.zone.minute = Some(value);
        } else if self.clock.expects(value) {
            self.clock.finish(value)?;
            // Something has to separate the time from what follows.
            let next = self.tokens.peek();
            let separated = matches!(next, Token::End | Token::Space)
                || next == Token::Word(Some(Keyword::Zone(0)), 1)
                || next.sign().is_some();
            separated.then_some(())?;
        } else {
            self.tokens.skip('.');
            (self.day.numbers.len() < 3).then_some(())?;
            self.day.add(value);
            self.tokens.skip('-');
        }
        Some(())
    }

    fn word(&mut self, keyword: Option<Keyword>, numbers_read: bool) -> Option<()> {
        match keyword {
            Some(Keyword::Half(hours)) if !self.clock.numbers.is_empty() => {
                self.clock.half = Some(hours);
            }
            Some(Keyword::Month(month)) => {
                self.day.month = Some(month);
                self.tokens.skip('-');
            }
            Some(Keyword::Zone(hours)) if numbers_read => self.zone.set(hours),
            // Words are ignored before the first number, if something separates them from it.
            _ if numbers_read || matches!(self.tokens.peek(), Token::Number { .. }) => return None,
            _ => {}
        }
        Some(())
    }

    /// The offset after a sign, which follows a time or `GMT`: `+2`, `+0200`, `+02:00`.
    fn offset(&mut self, sign: i64) -> Option<()> {
        let (mut value, mut length) = (0, 0);
        if let Token::Number { value: read, length: digits } = self.tokens.peek() {
            self.tokens.next();
            (value, length) = (read, digits);
        }
        self.zone.sign = Some(sign);
        (self.zone.hour, self.zone.minute) = match length {
            _ if self.tokens.peek() == Token::Symbol(':') => (Some(value), None),
            1 | 2 => (Some(value), Some(0)),
            3 | 4 => (Some(value / 100), Some(value % 100)),
            _ => return None,
        };
        Some(())
    }
}

// === impl Day ===

impl Day {
    fn add(&mut self, number: i64) {
        self.numbers.push(number);
    }

    /// Days since 1970.
    fn days(&self) -> Option<i64> {
        let is_day = |number: i64| (1..=31).contains(&number);
        let at = |index: usize| self.numbers.get(index).copied().unwrap_or(1);
        let first = *self.numbers.first()?;
        let (year, month, day) = match self.month {
            None if self.is_iso || !is_day(first) => (first, at(1), at(2)),
            None => (at(2), first, at(1)),
            Some(month) if !is_day(first) => (first, month, at(1)),
            Some(month) => (at(1), month, first),
        };
        let year = match year {
            0..=49 if !self.is_iso => year + 2000,
            50..=99 if !self.is_iso => year + 1900,
            _ => year,
        };
        let valid = (1..=12).contains(&month) && is_day(day) && year.abs() < 1_000_000;
        valid.then(|| days_before(year, month) + day - 1)
    }
}

/// Days from 1970-01-01 to the first of a month.
fn days_before(year: i64, month: i64) -> i64 {
    // Years begin in March: the leap day is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

// === impl Clock ===

impl Clock {
    fn add(&mut self, number: i64) -> Option<()> {
        (self.numbers.len() < 4).then(|| self.numbers.push(number))
    }

    /// Adds the last number of the day.
    fn finish(&mut self, number: i64) -> Option<()> {
        self.add(number)?;
        self.numbers.resize(4, 0);
        Some(())
    }

    /// True if a number without a colon after it can be a part of the time.
    fn expects(&self, number: i64) -> bool {
        match self.numbers.len() {
            1 | 2 => number <= 59,
            3 => number <= 999,
            _ => false,
        }
    }

    fn milliseconds(&self) -> Option<i64> {
        let at = |index: usize| self.numbers.get(index).copied().unwrap_or(0);
        let (mut hour, minute, second, fraction) = (at(0), at(1), at(2), at(3));
        if let Some(half) = self.half {
            (hour <= 12).then_some(())?;
            hour = hour % 12 + half;
        }
        let valid = hour <= 23 && minute <= 59 && second <= 59 && fraction <= 999;
        let midnight = hour == 24 && minute == 0 && second == 0 && fraction == 0;
        (valid || midnight).then_some(((hour * 60 + minute) * 60 + second) * 1000 + fraction)
    }
}

// === impl Zone ===

impl Zone {
    fn set(&mut self, hours: i64) {
        self.sign = Some(if hours < 0 { -1 } else { 1 });
        (self.hour, self.minute) = (Some(hours.abs()), Some(0));
    }

    fn is_utc(&self) -> bool {
        self.hour == Some(0) && self.minute == Some(0)
    }

    fn milliseconds(&self) -> i64 {
        let minutes = self.hour.unwrap_or(0) * 60 + self.minute.unwrap_or(0);
        self.sign.unwrap_or(1) * minutes * 60_000
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn reads_what_v8_reads() {
        let noon = Some(1_783_332_000_000);
        for text in [
            "2026-07-06T10:00:00Z",
            "2026-07-06T12:00:00+02:00",
            "Mon, 06 Jul 2026 10:00:00 GMT",
            "Monday, 06-Jul-26 10:00:00 GMT",
            "Mon Jul  6 10:00:00 2026",
            "Mon Jul 06 2026 12:00:00 GMT+0200 (CEST)",
            "7/6/2026 10:00 AM",
            "Jul 6, 2026 5:00 AM EST",
            "2026-07-06 10:00",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
    }

    #[test]
    fn rejects_what_is_no_date() {
        for text in ["", "x", "2026-13-01", "2026-07-06T25:00", "6 Jul 2026 nonsense"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
