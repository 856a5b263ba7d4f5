//! Finds requests that go round in a loop (`CDN-Loop`, RFC 8586).
//!
//! Every request to an origin says that it went through Brink. Functions cannot change that. One
//! distribution may be the origin of another. The third distribution in a row rejects the request,
//! also if it is the first one again (`contract.md` 5.3).

use std::borrow::Cow;

use brink_shared::event::Headers;

/// The header.
pub const NAME: &str = "CDN-Loop";

/// The name of every Brink in this header. One chain may go through several of them.
const ID: &str = "brink";

/// The most distributions that one request may pass.
const PASSES_MAX: usize = 2;

/// The value that the origin gets for a request with these headers. `None` if the request has
/// passed too many distributions.
pub fn passed_on(headers: &Headers) -> Option<Cow<'static, str>> {
    let lines: Vec<&str> = headers.get_all(NAME).collect();
    if lines.is_empty() {
        return Some(Cow::Borrowed(ID));
    }
    let members = lines.iter().flat_map(|line| line.split(','));
    let ids = members.filter_map(|member| member.split(';').next());
    let passes = ids.filter(|id| id.trim().eq_ignore_ascii_case(ID)).count();
    let own = (passes < PASSES_MAX).then_some(ID)?;
    let passed = lines.into_iter().map(str::trim).filter(|line| !line.is_empty());
    Some(Cow::Owned(passed.chain([own]).collect::<Vec<_>>().join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[&str]) -> Option<Cow<'static, str>> {
        passed_on(&lines.iter().map(|line| ("cdn-loop", *line)).collect())
    }

    #[test]
    fn two_distributions_may_be_passed_and_no_more() {
        assert_eq!(told(&[]).unwrap(), "brink");
        assert_eq!(told(&["", "other; a=b"]).unwrap(), "other; a=b, brink");
        assert_eq!(told(&["brink"]).unwrap(), "brink, brink");
        assert_eq!(told(&["other, Brink;x=1", "brinkmanship"]).unwrap().matches("rink").count(), 3);
        assert!(told(&["brink, other , brink"]).is_none());
        assert!(told(&["brink", "BRINK; v=2"]).is_none());
    }
}
