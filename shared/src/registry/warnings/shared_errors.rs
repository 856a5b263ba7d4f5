//! Warns about behaviors that show one viewer's errors to others, as at CloudFront (`contract.md`
//! 7.12).

use crate::registry::Problem;
use crate::registry::distribution::{Behavior, Distribution, ErrorPage, Selection};

/// Finds behaviors whose errors may concern one viewer but are kept for all.
pub(super) fn find(distribution: &Distribution) -> Vec<Problem> {
    let pages = &distribution.error_pages;
    let longest = ErrorPage::KEPT.map(|status| ErrorPage::min_ttl_of(status, pages));
    let longest = longest.into_iter().max().unwrap_or_default();
    let behaviors = distribution.behaviors.iter().enumerate();
    behaviors
        .filter(|(_, behavior)| !longest.is_zero() && is_personal(behavior))
        .map(|(index, _)| Problem {
            path: format!("behaviors[{index}].forward"),
            message: format!(
                "cookies reach the origin but are not in the cache key: an error (404 and 5xx) of one \
                 viewer is shown to all for up to {} s, even one with `private, no-store`; put these \
                 cookies into the cache key, or set min_ttl = \"0s\" in [[error_pages]] for these \
                 statuses",
                longest.as_secs()
            ),
        })
        .collect()
}

/// True if the behavior keeps answers that may concern one viewer only.
fn is_personal(behavior: &Behavior) -> bool {
    let cache = &behavior.cache;
    let keeps = [cache.min_ttl, cache.default_ttl, cache.max_ttl].iter().any(|ttl| !ttl.is_zero());
    let is_keyed = match &behavior.forward.cookies {
        Selection::None => true,
        Selection::Only(names) => names.iter().all(|name| cache.cookies.includes(name)),
        Selection::All | Selection::Except(_) => cache.cookies == Selection::All,
    };
    keeps && !is_keyed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(behavior: &str, rest: &str) -> Vec<String> {
        let document = format!(
            "id = \"d\"\norigins.web.url = \"http://h\"\n{rest}\n[[behaviors]]\npath = \"*\"\norigin = \
             \"web\"\n{behavior}"
        );
        let distribution = toml::from_str(&document).unwrap();
        find(&distribution).into_iter().map(|warning| warning.to_string()).collect()
    }

    #[test]
    fn errors_that_may_be_of_one_viewer_are_warned_of() {
        let cookies = "forward = { cookies = [\"session\"] }";
        let found = warned(cookies, "");
        assert!(found[0].starts_with("behaviors[0].forward: "), "{found:?}");
        assert!(found[0].contains("for up to 10 s"), "{found:?}");
        for (behavior, rest) in [
            ("", ""),
            ("forward = { headers = \"all\" }", ""),
            ("cache = { cookies = \"all\" }\nforward = { cookies = \"all\" }", ""),
            ("cache = { cookies = [\"a\", \"b\"] }\nforward = { cookies = [\"a\"] }", ""),
            (
                "cache = { default_ttl = \"0s\", max_ttl = \"0s\" }\nforward = { cookies = \"all\" }",
                "",
            ),
        ] {
            assert_eq!(warned(behavior, rest), Vec::<String>::new(), "{behavior}");
        }
        let never =
            ErrorPage::KEPT.map(|status| format!("{{ status = {status}, min_ttl = \"0s\" }}"));
        let pages = format!("error_pages = [{}]", never.join(", "));
        assert_eq!(warned(cookies, &pages), Vec::<String>::new());
    }
}
