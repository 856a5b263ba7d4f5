//! Requests that come back to where they were (`CDN-Loop`, RFC 8586).
//!
//! Every request to an origin says that it went through here, whatever functions make of it. A
//! distribution may stand in front of another one; what has passed two is refused by a third
//! (`contract.md` 5.3), be it the first again.

use brink_shared::event::Headers;

/// The header.
pub const NAME: &str = "CDN-Loop";

/// How every Brink names itself there: the chain may lead through several.
const ID: &str = "brink";

/// Most distributions that a request may pass.
const PASSES_MAX: usize = 2;

/// What origins are told of the way of a request with these headers; none if it has come too far.
pub fn passed_on(headers: &Headers) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(NAME).collect();
    let members = lines.iter().flat_map(|line| line.split(','));
    let ids = members.filter_map(|member| member.split(';').next());
    let passes = ids.filter(|id| id.trim().eq_ignore_ascii_case(ID)).count();
    let own = (passes < PASSES_MAX).then_some(ID)?;
    let passed = lines.into_iter().map(str::trim).filter(|line| !line.is_empty());
    Some(passed.chain([own]).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[&str]) -> Option<String> {
        passed_on(&lines.iter().map(|line| ("cdn-loop", *line)).collect())
    }

    #[test]
    fn two_distributions_may_be_passed_and_no_more() {
        assert_eq!(told(&[]).unwrap(), "brink");
        assert_eq!(told(&["", "other; a=b"]).unwrap(), "other; a=b, brink");
        assert_eq!(told(&["brink"]).unwrap(), "brink, brink");
        assert_eq!(told(&["other, Brink;x=1", "brinkmanship"]).unwrap().matches("rink").count(), 3);
        assert_eq!(told(&["brink, other , brink"]), None);
        assert_eq!(told(&["brink", "BRINK; v=2"]), None);
    }
}
