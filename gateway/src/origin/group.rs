//! Failover from a primary origin to a secondary (`contract.md` 7.14).
//!
//! Every request asks the primary first. The caller asks, because the origin-request function runs
//! again for each origin. This module only decides whether to ask the secondary.

use super::origin_fault::OriginError;

/// True if the request should go to the secondary after this result of the primary: only for GET,
/// HEAD and OPTIONS, if there was no answer or one of the configured statuses.
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
        let error = |cause| OriginError { origin: "a:80".into(), cause };
        let timeout = error(OriginFault::HeadTimeout(Duration::from_secs(1)));
        let rejected = error(OriginFault::Connect("rejected".into()));
        let ours = error(OriginFault::BadRequest("method".into()));
        for (method, outcome, expected) in [
            ("GET", Ok(503), true),
            ("HEAD", Ok(503), true),
            ("OPTIONS", Ok(503), true),
            ("POST", Ok(503), false),
            ("GET", Ok(404), false),
            ("GET", Ok(200), false),
            ("GET", Err(&timeout), true),
            ("GET", Err(&rejected), true),
            ("PUT", Err(&rejected), false),
            ("GET", Err(&ours), false),
        ] {
            assert_eq!(fails_over(method, &[500, 503], outcome), expected, "{method} {outcome:?}");
        }
    }
}
