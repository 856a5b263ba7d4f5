//! Origins that a CORS policy allows, against hosts as the `http` crate reads them.

use brink_shared::registry::distribution::cors::AllowedOrigin;
use http::Uri;
use proptest::prelude::*;

const DOMAIN: &str = "a.example";

fn pattern(text: &str) -> AllowedOrigin {
    text.parse().unwrap()
}

/// Texts that look like origins below the domain, and hostile ones.
fn origins() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => "[a-zA-Z0-9-]{0,8}",
        1 => "[ -~]{0,6}",
        1 => Just("evil.example".to_owned()),
        1 => Just(DOMAIN.to_owned()),
    ];
    let joint = prop_oneof![
        4 => Just("."),
        1 => prop::sample::select(vec!["", "/", "?", "#", "@", ":", "\\", "%2e", "..", "://", "[", "]"]),
    ];
    let scheme = prop_oneof![6 => Just("https://"), 1 => Just("http://"), 1 => Just(""), 1 => Just("https:/")];
    let end = prop_oneof![6 => Just(""), 1 => Just(":8443"), 1 => Just("/"), 1 => Just(".")];
    (scheme, prop::collection::vec((part, joint), 0..4), end).prop_map(|(scheme, parts, end)| {
        let parts: String = parts.into_iter().map(|(part, joint)| part + joint).collect();
        format!("{scheme}{parts}{DOMAIN}{end}")
    })
}

proptest! {
    #[test]
    fn an_origin_that_matches_is_below_the_domain(origin in origins()) {
        if pattern(&format!("https://*.{DOMAIN}")).matches(&origin) {
            let uri: Uri = origin.parse().unwrap();
            prop_assert_eq!(uri.scheme_str(), Some("https"));
            prop_assert_eq!(uri.path_and_query().map(|target| target.as_str()), Some("/"));
            prop_assert!(!origin.ends_with('/') && uri.port().is_none());
            let authority = uri.authority().unwrap();
            prop_assert_eq!(authority.as_str(), authority.host());
            let host = authority.host().to_ascii_lowercase();
            let labels = host.strip_suffix(&format!(".{DOMAIN}"));
            prop_assert!(labels.is_some_and(|labels| labels.split('.').all(|label| !label.is_empty())));
        }
    }

    #[test]
    fn every_host_below_the_domain_matches(
        labels in "[a-z0-9]{1,8}(\\.[a-z0-9-]{1,8}){0,3}",
        port in prop::option::of(1u16..),
    ) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let below = |scheme: &str| format!("{scheme}://{labels}.{DOMAIN}{port}");
        let secure = pattern(&format!("https://*.{DOMAIN}{port}"));
        prop_assert!(secure.matches(&below("https")));
        prop_assert!(!secure.matches(&below("http")));
        let both = pattern(&format!("*.{DOMAIN}{port}"));
        prop_assert!(both.matches(&below("https")) && both.matches(&below("http")));
        // Without `*` it is one host.
        let one = pattern(&below("https"));
        prop_assert!(one.matches(&below("https")));
        for other in [format!("https://x.{labels}.{DOMAIN}{port}"), format!("https://{DOMAIN}{port}")] {
            prop_assert!(!one.matches(&other), "{}", other);
        }
    }

    #[test]
    fn a_pattern_means_the_same_when_it_is_written_again(text in "[ -~]{0,24}|(https?://)?(\\*\\.)?[a-zA-Z0-9.-]{1,16}(:[0-9]{1,5})?", origin in origins()) {
        if let Ok(AllowedOrigin::Pattern(read)) = text.parse() {
            let again = AllowedOrigin::Pattern(read.clone());
            prop_assert_eq!(&pattern(&read.to_string()), &again);
            // No pattern matches an origin in whose host the viewer put something else.
            if again.matches(&origin) {
                let origin = origin.split_once("://").unwrap().1;
                prop_assert!(!origin.contains(['/', '?', '#', '@', '\\', ' ']), "{} {}", text, origin);
            }
        }
    }
}
