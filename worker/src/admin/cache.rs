//! `cache.invalidate`: tells every gateway to drop cached objects (`contract.md` 7.16).

use std::time::Duration;

use brink_shared::admin::{AdminError, Invalidate, Invalidated};
use brink_shared::bus::{BusError, Message};
use brink_shared::identity::Verb;
use brink_shared::invalidation::Invalidations;
use brink_shared::registry::Problem;
use brink_shared::registry::store::StoreError;

use super::request::read;
use super::{Admin, from_store};

/// Most paths in one request (`contract.md` 5.3).
const PATHS_MAX: usize = 3_000;

/// Most paths with a `*` in one request (`contract.md` 5.3).
const WILDCARDS_MAX: usize = 15;

/// Longest path, in characters (`contract.md` 5.3).
const PATH_CHARS_MAX: usize = 4_000;

/// How long a gateway may take to apply an invalidation. After that it counts as away.
const REACHED_WITHIN: Duration = Duration::from_secs(2);

impl Admin {
    pub(super) async fn invalidate(
        &self,
        message: &Message,
        body: &[u8],
    ) -> Result<Invalidated, AdminError> {
        let request: Invalidate = read(body)?;
        self.check(message, Verb::Invalidate, request.id.as_str())?;
        let problems = problems(&request.paths);
        if !problems.is_empty() {
            return Err(AdminError {
                message: "these paths cannot be invalidated".to_owned(),
                problems,
            });
        }
        let store = self.store().await?;
        let known = store.distribution(&request.id).await.map_err(from_store)?;
        if known.is_none() {
            return Err(from_store(StoreError::NoDistribution(request.id)));
        }
        let bus = |error: BusError| AdminError::new(error.to_string());
        let invalidations = Invalidations::open(self.shared.bus.clone()).await.map_err(bus)?;
        let number = invalidations.add(&request).await.map_err(bus)?;
        // The invalidation is stored, so from here on nothing is an error.
        let reached = invalidations.reached(number, REACHED_WITHIN).await;
        let gateways =
            reached.inspect_err(|error| tracing::warn!(%error, "gateways cannot be counted")).ok();
        let Invalidate { id, paths } = request;
        Ok(Invalidated { id, paths, number: Some(number), gateways })
    }
}

fn problems(paths: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |path: String, message: String| problems.push(Problem { path, message });
    if paths.is_empty() || paths.len() > PATHS_MAX {
        let message = format!("give between 1 and {PATHS_MAX} paths");
        wrong("paths".to_owned(), message);
    }
    if paths.iter().filter(|path| path.ends_with('*')).count() > WILDCARDS_MAX {
        let message = format!("at most {WILDCARDS_MAX} paths may end with *");
        wrong("paths".to_owned(), message);
    }
    for (at, path) in paths.iter().enumerate() {
        let place = format!("paths[{at}]");
        if !path.starts_with('/') {
            wrong(place, format!("{path:?} does not begin with /"));
        } else if path.trim_end_matches('*').contains('*') || path.ends_with("**") {
            wrong(place, format!("{path:?} has a * that is not its last character"));
        } else if path.chars().count() > PATH_CHARS_MAX {
            wrong(place, format!("the path has more than {PATH_CHARS_MAX} characters"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_at_the_end_only() {
        let paths = ["/", "/a/*", "/*", "a", "/a*b", "/**"].map(str::to_owned);
        let wrong: Vec<_> = problems(&paths).into_iter().map(|p| p.path).collect();
        assert_eq!(wrong, ["paths[3]", "paths[4]", "paths[5]"]);
        assert_eq!(problems(&[]).len(), 1);
        let many: Vec<_> = (0..16).map(|n| format!("/{n}/*")).collect();
        assert_eq!(problems(&many).len(), 1);
    }
}
