//! Failover from a primary origin to a secondary (`contract.md` 7.14).

use super::client::OriginResponse;
use super::error::OriginError;

/// Which origin of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// Asked first, every time.
    Primary,
    /// Asked when the primary failed.
    Secondary,
}

/// Asks the primary and, if it fails, the secondary, whose answer or error then counts.
///
/// `ask` is called once per origin asked, and is the place for what runs anew for each, such as
/// the origin-request function. A viewer's body that streams can be sent only once, which is no
/// obstacle: methods with a body do not fail over.
pub async fn ask_group(
    method: &str,
    failover: &[u16],
    mut ask: impl AsyncFnMut(Member) -> Result<OriginResponse, OriginError>,
) -> Result<OriginResponse, OriginError> {
    let first = ask(Member::Primary).await;
    if fails_over(method, failover, first.as_ref().map(|answer| answer.status)) {
        ask(Member::Secondary).await
    } else {
        first
    }
}

/// True if the primary's outcome, a status or an error, sends the request on to the secondary:
/// for GET, HEAD and OPTIONS only, when no answer came or one of the statuses chosen.
pub fn fails_over(method: &str, failover: &[u16], outcome: Result<u16, &OriginError>) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
        && match outcome {
            Ok(status) => failover.contains(&status),
            Err(error) => error.is_origins_fault(),
        }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::origin::OriginFault;

    #[test]
    fn only_safe_methods_fail_over_and_only_for_chosen_reasons() {
        let error = |cause| OriginError {
            origin: "a:80".into(),
            cause,
        };
        let timeout = error(OriginFault::HeadTimeout(Duration::from_secs(1)));
        let refused = error(OriginFault::Connect("refused".into()));
        let ours = error(OriginFault::BadRequest("method".into()));
        for (method, outcome, expected) in [
            ("GET", Ok(503), true),
            ("HEAD", Ok(503), true),
            ("OPTIONS", Ok(503), true),
            ("POST", Ok(503), false),
            ("GET", Ok(404), false),
            ("GET", Ok(200), false),
            ("GET", Err(&timeout), true),
            ("GET", Err(&refused), true),
            ("PUT", Err(&refused), false),
            ("GET", Err(&ours), false),
        ] {
            assert_eq!(
                fails_over(method, &[500, 503], outcome),
                expected,
                "{method} {outcome:?}"
            );
        }
    }
}
