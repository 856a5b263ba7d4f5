//! Warns about functions, signatures and access rules that guard paths but do not see every spelling
//! of them.
//!
//! Behaviors are matched on the normal form of a path (`contract.md` 7.1). Escapes of reserved
//! characters stay in it. An origin that decodes them serves a path that a guard did not see.

use std::collections::BTreeSet;

use crate::event::Trigger;
use crate::registry::Problem;
use crate::registry::distribution::{Behavior, Distribution, OriginPlace};

/// Characters of patterns (`contract.md` 7.1) whose escapes stay in the normal form: for RFC 3986,
/// 2.2, the escape of a reserved character is not the same as the character.
const RESERVED: [char; 7] = ['$', '"', '\'', '@', ':', '+', '&'];

/// Finds guards that some paths avoid, and patterns that no path matches.
pub(super) fn find(
    distribution: &Distribution,
    takes_escapes_for_slashes: &dyn Fn(&str) -> bool,
) -> Vec<Problem> {
    let mut found = Vec::new();
    for (index, behavior) in distribution.behaviors.iter().enumerate() {
        let path = format!("behaviors[{index}].path");
        let pattern = &behavior.path;
        if let Some(segment) = lost_segment(pattern) {
            let message = format!(
                "no path matches {pattern:?}: paths are compared without {segment}, however \
                 viewers spell them"
            );
            found.push(Problem { path, message });
            continue;
        }
        let object = &distribution.default_root_object;
        if pattern == "/" && !object.is_empty() {
            let message = format!(
                "no path matches {pattern:?}: it has the behavior of the default_root_object, \
                 /{object}"
            );
            found.push(Problem { path, message });
            continue;
        }
        let Some(passage) = Passage::around(distribution, index) else {
            continue;
        };
        if let Some(character) = pattern.chars().find(|c| RESERVED.contains(c)) {
            let code = u32::from(character);
            let message = format!(
                "{pattern:?} does not match paths with %{code:02X} in the place of {character}. \
                 {passage}. If the origin decodes them, let a function reject such paths there"
            );
            found.push(Problem { path: path.clone(), message });
        }
        let origins = names_of(distribution, passage.behavior);
        if origins.iter().any(|name| takes_escapes_for_slashes(name))
            && let Some(example) = with_escaped_slash(pattern)
        {
            let message = format!(
                "{pattern:?} does not match paths with %2F, %5C or \\ in the place of a slash, such \
                 as {example}. {passage}. If the origin reads them as slashes, let a function \
                 reject such paths there"
            );
            found.push(Problem { path, message });
        }
    }
    found
}

/// A way around a guard: a behavior that leads to the same origin without it.
struct Passage<'d> {
    index: usize,
    behavior: &'d Behavior,
    /// The guard, in words.
    guard: String,
}

// === impl Passage ===

impl<'d> Passage<'d> {
    /// The way around the guards of the behavior at this index. If there are several, the last
    /// behavior is named, because it gets all paths that no other behavior matches.
    fn around(distribution: &'d Distribution, index: usize) -> Option<Self> {
        let guarded = distribution.behaviors.get(index)?;
        let places = places_of(distribution, guarded);
        let others = distribution.behaviors.iter().enumerate().rev();
        // A pattern without a wildcard matches only one path.
        let others = others.filter(|(other, b)| *other != index && b.path.contains('*'));
        let leads_there = |behavior: &Behavior| {
            places_of(distribution, behavior).iter().any(|place| places.contains(place))
        };
        for (other, behavior) in others.filter(|(_, behavior)| leads_there(behavior)) {
            if let Some(guard) = missing_guard(guarded, behavior) {
                return Some(Self { index: other, behavior, guard });
            }
        }
        None
    }
}

/// A guard of one behavior that another one does not have.
fn missing_guard(guarded: &Behavior, other: &Behavior) -> Option<String> {
    for trigger in [Trigger::ViewerRequest, Trigger::OriginRequest] {
        let Some(association) = guarded.functions.get(&trigger) else {
            continue;
        };
        let there = other.functions.get(&trigger);
        if there.is_none_or(|there| there.function != association.function) {
            return Some(format!("{} at {trigger}", association.function));
        }
    }
    let keys = &guarded.trusted_key_groups;
    if !keys.is_empty() && other.trusted_key_groups != *keys {
        return Some("a signature by its trusted_key_groups".to_owned());
    }
    let is_guarded = !guarded.access.is_open() && other.access != guarded.access;
    is_guarded.then(|| "its access rules".to_owned())
}

/// The middle part of a warning.
impl std::fmt::Display for Passage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { index, behavior, guard } = self;
        write!(
            f,
            "behaviors[{index}] ({:?}) sends them to the same origin without {guard}",
            behavior.path
        )
    }
}

/// The origins that a behavior may ask, by their names.
fn names_of<'d>(distribution: &'d Distribution, behavior: &'d Behavior) -> BTreeSet<&'d str> {
    match distribution.origin_groups.get(&behavior.origin) {
        Some(group) => BTreeSet::from([group.primary.as_str(), group.secondary.as_str()]),
        None => BTreeSet::from([behavior.origin.as_str()]),
    }
}

fn places_of<'d>(distribution: &'d Distribution, behavior: &'d Behavior) -> Vec<&'d OriginPlace> {
    let names = names_of(distribution, behavior).into_iter();
    names.filter_map(|name| Some(&distribution.origins.get(name)?.place)).collect()
}

/// The kind of segment that makes a pattern match no path in normal form, if it has one.
fn lost_segment(pattern: &str) -> Option<&'static str> {
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
    let mut segments = pattern.split('/').peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." | ".." => return Some("dot segments"),
            // A path may end with a slash.
            "" if segments.peek().is_some() => return Some("empty segments"),
            _ => {}
        }
    }
    None
}

/// A path with `%2F` that the pattern does not match, although it matches the same path with a
/// slash. None if there is no such path, as for `*` and `*.php`.
fn with_escaped_slash(pattern: &str) -> Option<String> {
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
    let plain = pattern.replace(['*', '?'], "x");
    match plain.split_once('/') {
        Some((first, rest)) => Some(format!("/{first}%2F{rest}")),
        None if pattern.starts_with('*') => None,
        None => Some(format!("/x%2F..%2F{plain}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(behaviors: &str) -> Vec<String> {
        told_with("", behaviors)
    }

    fn told_with(head: &str, behaviors: &str) -> Vec<String> {
        let document = format!(
            r#"
            id = "d"
            {head}
            origins.web.url = "http://web.test"
            origins.same.url = "http://web.test"
            origins.other.url = "http://other.test"
            origin_groups.pair = {{ primary = "other", secondary = "web" }}
            behaviors = [{behaviors}]"#
        );
        let distribution: Distribution = toml::from_str(&document).unwrap();
        find(&distribution, &|name| name != "other").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_guard_that_escaped_slashes_pass_by_is_told_of() {
        let guard = r#"path = "/private/*", functions.viewer-request = "guard:1""#;
        let slashes = r#"behaviors[0].path: "/private/*" does not match paths with %2F, %5C or \ in the place of a slash, such as /private%2Fx. behaviors[1] ("*") sends them to the same origin without guard:1 at viewer-request. If the origin reads them as slashes, let a function reject such paths there"#;
        for (first, other, expected) in [
            (r#"origin = "web""#, r#"origin = "web""#, vec![slashes]),
            (r#"origin = "web""#, r#"origin = "same""#, vec![slashes]),
            (r#"origin = "web""#, r#"origin = "pair""#, vec![slashes]),
            (r#"origin = "web""#, r#"origin = "other""#, vec![]),
            (r#"origin = "other""#, r#"origin = "other""#, vec![]),
            (
                r#"origin = "web""#,
                r#"origin = "web", functions.viewer-request = "www:1""#,
                vec![slashes],
            ),
            (
                r#"origin = "web""#,
                r#"origin = "web", functions.viewer-request = "guard:1""#,
                vec![],
            ),
        ] {
            let text = format!(r#"{{ {guard}, {first} }}, {{ path = "*", {other} }}"#);
            assert_eq!(told(&text), expected, "{text}");
        }
    }

    #[test]
    fn signatures_and_access_rules_are_guards_too() {
        let keys = |names: &str| format!("trusted_key_groups = [{names}]");
        let deny = |network: &str| format!(r#"access.deny = ["{network}"]"#);
        let (signature, rules) = ("a signature by its trusted_key_groups", "its access rules");
        for (guard, other, missing) in [
            (keys(r#""members""#), keys(""), Some(signature)),
            (keys(r#""members""#), keys(r#""staff""#), Some(signature)),
            (keys(r#""members""#), keys(r#""members""#), None),
            (keys(""), keys(r#""members""#), None),
            (deny("192.0.2.0/24"), keys(""), Some(rules)),
            (deny("192.0.2.0/24"), deny("192.0.2.0/25"), Some(rules)),
            (deny("192.0.2.0/24"), deny("192.0.2.0/24"), None),
            (keys(""), deny("192.0.2.0/24"), None),
        ] {
            let text = format!(
                r#"{{ path = "/private/*", origin = "web", {guard} }},
                {{ path = "*", origin = "web", {other} }}"#
            );
            let told = told(&text.replace('\n', " "));
            assert_eq!(told.len(), usize::from(missing.is_some()), "{text}: {told:?}");
            let expected = missing.map(|missing| format!("to the same origin without {missing}. "));
            assert!(told.iter().zip(expected).all(|(one, text)| one.contains(&text)), "{told:?}");
        }
    }

    #[test]
    fn only_guards_that_can_be_passed_are_told_of() {
        for (first, example) in [
            (r#"path = "/a/b", functions.origin-request = "guard:1""#, Some("/a%2Fb.")),
            (r#"path = "admin*", functions.viewer-request = "guard:1""#, Some("/x%2F..%2Fadminx.")),
            (r#"path = "*.php", functions.viewer-request = "guard:1""#, None),
            (r#"path = "/a/*", functions.viewer-response = "headers:1""#, None),
            (r#"path = "/a/*""#, None),
        ] {
            let text =
                format!(r#"{{ {first}, origin = "web" }}, {{ path = "*", origin = "web" }}"#);
            let told = told(&text);
            assert_eq!(told.len(), usize::from(example.is_some()), "{told:?}");
            assert!(told.iter().zip(example).all(|(one, text)| one.contains(text)), "{told:?}");
        }
        // An earlier behavior is a way around as well, but not if it matches only one path.
        let guarded = r#"{ path = "*", origin = "web", functions.viewer-request = "g:1" }"#;
        let earlier = |path| format!(r#"{{ path = "{path}", origin = "web" }}, {guarded}"#);
        assert_eq!(told(&earlier("/open/*")), [""; 0], "* matches whatever is spelled");
        let three = format!(
            r#"{}, {{ path = "/a/*", origin = "web", functions.viewer-request = "g:1" }}, {guarded}"#,
            r#"{ path = "/open/*", origin = "web" }"#
        );
        let told = told(&three);
        assert!(told.len() == 1 && told[0].contains(r#"behaviors[0] ("/open/*")"#), "{told:?}");
    }

    #[test]
    fn patterns_with_reserved_characters_or_lost_segments_are_told_of() {
        let guard = r#"origin = "other", functions.viewer-request = "guard:1""#;
        let other = r#"{ path = "*", origin = "other" }"#;
        assert_eq!(
            told(&format!(r#"{{ path = "/@me/*", {guard} }}, {other}"#)),
            [
                r#"behaviors[0].path: "/@me/*" does not match paths with %40 in the place of @. behaviors[1] ("*") sends them to the same origin without guard:1 at viewer-request. If the origin decodes them, let a function reject such paths there"#
            ]
        );
        for (pattern, segments) in [
            ("/a//b", Some("empty")),
            ("//a", Some("empty")),
            ("/a/../b", Some("dot")),
            ("./a", Some("dot")),
            ("/a/*/.", Some("dot")),
            ("/a/.well-known/..b", None),
            ("/a/", None),
            ("/", None),
        ] {
            let told = told(&format!(r#"{{ path = "{pattern}", origin = "web" }}, {other}"#));
            let expected = segments.map(|kind| {
                format!(
                    "behaviors[0].path: no path matches {pattern:?}: paths are compared without \
                     {kind} segments, however viewers spell them"
                )
            });
            assert_eq!(told, expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_behavior_of_the_root_alone_is_told_of_if_there_is_a_root_object() {
        let behaviors = r#"{ path = "/", origin = "web" }, { path = "*", origin = "web" }"#;
        let head = r#"default_root_object = "index.html""#;
        assert_eq!(
            told_with(head, behaviors),
            [
                r#"behaviors[0].path: no path matches "/": it has the behavior of the default_root_object, /index.html"#
            ]
        );
        assert_eq!(told(behaviors), [""; 0]);
    }
}
