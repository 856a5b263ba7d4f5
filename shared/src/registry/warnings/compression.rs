//! Warns about behaviors whose answers are never compressed although they should be (`contract.md`
//! 7.6).

use crate::registry::Problem;
use crate::registry::distribution::{Behavior, Distribution};

/// Finds behaviors in which `compress` has no effect.
pub(super) fn find(distribution: &Distribution) -> Vec<Problem> {
    let behaviors = distribution.behaviors.iter().enumerate();
    let useless = behaviors.filter_map(|(index, behavior)| Some((index, why_useless(behavior)?)));
    useless
        .map(|(index, why)| Problem {
            path: format!("behaviors[{index}].compress"),
            message: format!("nothing is compressed: {why}"),
        })
        .collect()
}

fn why_useless(behavior: &Behavior) -> Option<&'static str> {
    if !behavior.compress {
        None
    } else if behavior.cache.accept_encoding.is_empty() {
        Some("name the encodings, for example cache.accept_encoding = [\"br\", \"gzip\"]")
    } else if behavior.cache.is_disabled() {
        Some("only answers that are kept are compressed, and all three TTLs of the cache are zero")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(behavior: &str) -> Vec<String> {
        let document = format!(
            "id = \"d\"\norigins.web.url = \"http://h\"\n[[behaviors]]\npath = \"*\"\norigin = \
             \"web\"\n{behavior}"
        );
        let distribution = toml::from_str(&document).unwrap();
        find(&distribution).into_iter().map(|warning| warning.to_string()).collect()
    }

    #[test]
    fn compression_without_effect_is_warned_of() {
        let found = warned("compress = true");
        assert!(found[0].starts_with("behaviors[0].compress: nothing"), "{found:?}");
        assert!(found[0].contains("accept_encoding"), "{found:?}");
        let off = "cache = { default_ttl = \"0s\", max_ttl = \"0s\", accept_encoding = [\"br\"] }";
        let found = warned(&format!("compress = true\n{off}"));
        assert!(found[0].contains("all three TTLs"), "{found:?}");
        for sound in [
            "",
            off,
            "compress = false",
            "compress = true\ncache = { accept_encoding = [\"gzip\"] }",
        ] {
            assert_eq!(warned(sound), Vec::<String>::new(), "{sound}");
        }
    }
}
