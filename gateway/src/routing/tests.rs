//! Hosts and paths against small distributions.

use brink_shared::registry::distribution::{Distribution, DistributionRecord};
use brink_shared::wire::UnixMillis;

use super::*;

fn routes(documents: &[&str]) -> Routes {
    let mut snapshot = Snapshot::default();
    for document in documents {
        let distribution: Distribution = serde_json::from_str(document).unwrap();
        let id = distribution.id.clone();
        let record = DistributionRecord {
            revision: 1,
            applied: UnixMillis(0),
            distribution,
            requires: Vec::new(),
        };
        snapshot.distributions.insert(id, record);
    }
    Routes::new(&snapshot)
}

fn document(id: &str, aliases: &str) -> String {
    format!(
        r#"{{"id":"{id}","aliases":{aliases},"origins":{{"web":{{"url":"http://o"}}}},
            "behaviors":[{{"path":"*","origin":"web"}}]}}"#
    )
}

fn found<'a>(routes: &'a Routes, host: &str) -> Option<&'a str> {
    routes.find(host).map(|route| route.id.as_str())
}

#[test]
fn the_most_specific_host_wins() {
    let documents = [
        document("exact", r#"["a.example.com"]"#),
        document("wild", r#"["*.example.com"]"#),
        document("deeper", r#"["*.x.example.com"]"#),
    ];
    let routes = routes(&documents.each_ref().map(String::as_str));
    for (host, id) in [
        ("a.example.com", Some("exact")),
        ("A.Example.COM.:8080", Some("exact")),
        ("b.example.com", Some("wild")),
        ("b.x.example.com", Some("deeper")),
        ("x.example.com", Some("wild")),
        ("example.com", None),
        (".example.com", None),
        ("wild.brink.localhost:8080", Some("wild")),
        ("[::1]:80", None),
        ("", None),
    ] {
        assert_eq!(found(&routes, host), id, "{host}");
    }
}

#[test]
fn a_distribution_without_aliases_answers_any_host() {
    let routes = routes(&[&document("any", "[]"), &document("one", r#"["a.example"]"#)]);
    assert_eq!(found(&routes, "a.example"), Some("one"));
    assert_eq!(found(&routes, "b.example"), Some("any"));
    assert_eq!(found(&routes, "[::1]:80"), Some("any"));
}

#[test]
fn the_first_matching_pattern_wins() {
    let routes = routes(&[r#"{"id":"d","origins":{"web":{"url":"http://o"}},"behaviors":[
        {"path":"/images/*.jpg","origin":"web"}, {"path":"a?c","origin":"web"},
        {"path":"/images/*","origin":"web"}, {"path":"*","origin":"web"}]}"#]);
    let route = routes.find("x").unwrap();
    for (path, pattern) in [
        ("/images/a.jpg", "/images/*.jpg"),
        ("/images/a/b/c.jpg", "/images/*.jpg"),
        ("/images/a.JPG", "/images/*"),
        ("/abc", "a?c"),
        ("/ac", "*"),
        ("/Images/a.jpg", "*"),
        ("/", "*"),
    ] {
        assert_eq!(route.behavior(path).unwrap().config.path, pattern, "{path}");
    }
}

#[test]
fn every_spelling_of_a_path_has_the_same_behavior() {
    let routes = routes(&[r#"{"id":"d","default_root_object":"index.html",
        "origins":{"web":{"url":"http://o"}},"behaviors":[
        {"path":"/private/*","origin":"web"}, {"path":"/~me/?","origin":"web"},
        {"path":"*","origin":"web"}]}"#]);
    let route = routes.find("x").unwrap();
    for (path, pattern) in [
        ("/%70rivate/x", "/private/*"),
        ("/%70%72%69%76%61%74%65/x", "/private/*"),
        ("/%%370rivate/x", "/private/*"),
        ("/a/../private/x", "/private/*"),
        ("/a/%2e%2E/private/x", "/private/*"),
        ("/../private/x", "/private/*"),
        ("/./private/./x", "/private/*"),
        ("//private/x", "/private/*"),
        ("/a//../private/x", "/private/*"),
        ("///a/.././/private//", "/private/*"),
        ("/private/..", "*"),
        ("/private/../x", "*"),
        ("/private", "*"),
        ("/Private/x", "*"),
        ("/%7Eme/a", "/~me/?"),
        ("/~me//a", "/~me/?"),
        // Servers disagree on these; they stay as they are.
        ("/private%2Fx", "*"),
        ("/a%2F..%2Fprivate/x", "*"),
        ("/private%5Cx", "*"),
        ("/private\\x", "*"),
        // Decoded once, as every server does.
        ("/%2570rivate/x", "*"),
        ("/%70rivat%C3%A9/x", "*"),
        ("/%", "*"),
        ("/private/%zz", "/private/*"),
        ("", "*"),
    ] {
        assert_eq!(route.behavior(path).unwrap().config.path, pattern, "{path}");
    }
    for (path, is_root) in
        [("/", true), ("//", true), ("/.", true), ("/a/..", true), ("/%2e/", true), ("/a", false)]
    {
        assert_eq!(route.root_object(path).is_some(), is_root, "{path}");
    }
}

#[test]
fn the_root_has_the_behavior_of_its_object() {
    for (object, pattern) in [
        ("index.html", "/index.html"),
        ("%69ndex.html", "/index.html"),
        ("pages/../index.html", "/index.html"),
        ("pages/index.html", "/pages/*"),
        ("other.html", "*"),
        ("", "/"),
    ] {
        let document = r#"{"id":"d","default_root_object":"OBJECT",
            "origins":{"web":{"url":"http://o"}},"behaviors":[
            {"path":"/","origin":"web"}, {"path":"/index.html","origin":"web"},
            {"path":"/pages/*","origin":"web"}, {"path":"*","origin":"web"}]}"#;
        let routes = routes(&[&document.replace("OBJECT", object)]);
        let route = routes.find("x").unwrap();
        for path in ["/", "//", "/a/..", "/%2e"] {
            let found = &route.behavior(path).unwrap().config.path;
            assert_eq!(found, pattern, "{object:?} for {path}");
        }
    }
}

#[test]
fn a_distribution_with_an_unknown_function_is_left_out() {
    let routes = routes(&[r#"{"id":"d","origins":{"web":{"url":"http://o"}},
        "behaviors":[{"path":"*","origin":"web","functions":{"viewer-request":"f:1"}}]}"#]);
    assert_eq!(found(&routes, "x"), None);
}

#[test]
fn a_distribution_that_cannot_be_served_is_told_and_hides_no_other() {
    let functions = r#""functions":{"viewer-request":"newer:1"},"path""#;
    let unknown = document("never", r#"["c.example.org"]"#).replace("\"path\"", functions);
    let routes = routes(&[&unknown, &document("shop", r#"["a.example.com"]"#)]);
    assert_eq!(found(&routes, "a.example.com"), Some("shop"));
    assert_eq!(found(&routes, "c.example.org"), None);
    let warnings = routes.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("distribution never@1 is left out: "), "{warnings:?}");
    assert!(warnings[0].contains("newer:1"), "{warnings:?}");
}
