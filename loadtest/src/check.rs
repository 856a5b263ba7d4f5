//! Checks whether an answer is right.

use std::time::Duration;

/// The right answer.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// The HTTP status.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<&'static str>,
    /// The bodies that are right.
    pub bodies: &'static [&'static [u8]],
}

/// The answer that came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why an answer is wrong or missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// No connection.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke before the answer was whole.
    #[error("connection broken: {0}")]
    Broken(String),
    /// There was no whole answer in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// A wrong status.
    #[error("status {got} instead of {expected}")]
    Status {
        /// The right one.
        expected: u16,
        /// The one that came.
        got: u16,
    },
    /// A wrong target of the redirect.
    #[error("location {got:?} instead of {expected:?}")]
    Location {
        /// The right one.
        expected: String,
        /// The one that came.
        got: Option<String>,
    },
    /// A wrong object.
    #[error("wrong body of {0} bytes")]
    Body(usize),
    /// The body is longer than any right one.
    #[error("body goes on after {0} bytes")]
    TooLong(usize),
}

// === impl Expected ===

impl Expected {
    /// 200 with one of these bodies.
    pub const fn body(bodies: &'static [&'static [u8]]) -> Self {
        Self { status: 200, location: None, bodies }
    }

    /// 302 to this target, without a body.
    pub const fn redirect(location: &'static str) -> Self {
        Self { status: 302, location: Some(location), bodies: &[b""] }
    }

    /// Which of the bodies it is, if the answer is right.
    pub fn check(&self, answer: &Answer) -> Result<usize, Mistake> {
        if answer.status != self.status {
            return Err(Mistake::Status { expected: self.status, got: answer.status });
        }
        if let Some(expected) = self.location
            && answer.location.as_deref() != Some(expected)
        {
            return Err(Mistake::Location {
                expected: expected.to_owned(),
                got: answer.location.clone(),
            });
        }
        let body = self.bodies.iter().position(|body| *body == answer.body);
        body.ok_or(Mistake::Body(answer.body.len()))
    }
}

// === impl Mistake ===

impl Mistake {
    /// The kind by which mistakes are counted: a few words, without the details that differ between
    /// mistakes.
    pub fn kind(&self) -> String {
        match self {
            Self::Connect(_) => "no connection".to_owned(),
            Self::Broken(_) => "connection broken".to_owned(),
            Self::Timeout(_) => "timeout".to_owned(),
            Self::Status { got, .. } => format!("status {got}"),
            Self::Location { .. } => "wrong location".to_owned(),
            Self::Body(_) | Self::TooLong(_) => "wrong body".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, location: Option<&str>, body: &[u8]) -> Answer {
        Answer { status, location: location.map(str::to_owned), body: body.to_owned() }
    }

    #[test]
    fn only_the_right_answer_passes() {
        let expected = Expected::body(&[b"a", b"b"]);
        assert_eq!(expected.check(&answer(200, None, b"b")), Ok(1));
        assert_eq!(expected.check(&answer(200, None, b"c")), Err(Mistake::Body(1)));
        let unavailable = expected.check(&answer(503, None, b"a")).unwrap_err();
        assert_eq!(unavailable.kind(), "status 503");
    }

    #[test]
    fn a_redirect_has_to_lead_to_the_right_place() {
        let expected = Expected::redirect("/new");
        assert_eq!(expected.check(&answer(302, Some("/new"), b"")), Ok(0));
        for wrong in [None, Some("/old")] {
            let mistake = expected.check(&answer(302, wrong, b"")).unwrap_err();
            assert_eq!(mistake.kind(), "wrong location");
        }
    }
}
