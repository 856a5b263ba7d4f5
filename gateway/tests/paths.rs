//! Compares normal paths with other readings of the same paths: a simple implementation of the
//! definition, nginx, and Node.js.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "paths/nginx.rs"]
mod nginx;
#[path = "paths/nodejs.rs"]
mod nodejs;

use brink_gateway::routing::{leads_above_root, normal_path, normal_prefix};
use proptest::prelude::*;
use proptest::sample::select;

/// Pieces of random paths: all that have a meaning in paths, and some that look alike.
const PIECES: [&str; 40] = [
    "/", "/", "/", "/", "//", "///", ".", ".", "..", "..", "...", "a", "b", "private", "A", "~",
    "-", "_", "%70", "%61", "%41", "%7e", "%2e", "%2E", "%2e%2e", ".%2E", "%2d", "%2f", "%2F",
    "%5c", "%25", "%2570", "%3f", "%40", "@", ";", "+", "%2b", "%c3%a9", "é",
];

/// Pieces that are not well-formed. Lenient readers decode them more than once.
const RUBBISH: [&str; 8] = ["%", "%%", "%7", "%g0", "%%37", "%33", "%30", "\\"];

fn paths(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(select(pieces), 0..12)
        .prop_map(|pieces| "/".to_owned() + &pieces.concat())
}

fn any_path() -> impl Strategy<Value = String> {
    let pieces: Vec<_> = PIECES.into_iter().chain(RUBBISH).collect();
    prop::collection::vec(select(pieces), 0..16)
        .prop_map(|pieces| "/".to_owned() + &pieces.concat())
}

/// Decodes every escape once, like a server that looks for a file.
fn decoded(path: &str) -> Vec<u8> {
    let bytes = path.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        let escaped = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match escaped.filter(|_| *byte == b'%') {
            Some(escaped) => (decoded.push(escaped), at += 3),
            None => (decoded.push(*byte), at += 1),
        };
    }
    decoded
}

/// Unreserved characters are decoded, slashes merged, dot segments removed by RFC 3986, 5.2.4:
/// again and again until nothing changes.
fn step_by_step(path: &str) -> String {
    let mut path = path.to_owned();
    loop {
        let before = path.clone();
        for character in ('a'..='z').chain('A'..='Z').chain('0'..='9').chain("-._~".chars()) {
            let code = u32::from(character);
            path = path.replace(&format!("%{code:02x}"), &character.to_string());
            path = path.replace(&format!("%{code:02X}"), &character.to_string());
        }
        while path.contains("//") {
            path = path.replace("//", "/");
        }
        path = without_dot_segments(&path);
        if path == before {
            return path;
        }
    }
}

fn without_dot_segments(path: &str) -> String {
    let (mut input, mut output) = (path.to_owned(), String::new());
    while !input.is_empty() {
        if input.starts_with("/./") || input == "/." {
            input = format!("/{}", input.get(3..).unwrap_or_default());
        } else if input.starts_with("/../") || input == "/.." {
            input = format!("/{}", input.get(4..).unwrap_or_default());
            output.truncate(output.rfind('/').unwrap_or_default());
        } else {
            let end = input[1..].find('/').map_or(input.len(), |slash| slash + 1);
            output.push_str(&input[..end]);
            input.drain(..end);
        }
    }
    output
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_normal_path_is_the_result_of_the_steps(path in any_path()) {
        let normal = normal_path(&path);
        prop_assert_eq!(normal.as_ref(), step_by_step(&path));
        prop_assert_eq!(normal_path(&normal), normal.as_ref());
    }

    #[test]
    fn nothing_that_a_viewer_writes_between_changes_the_path(
        segments in prop::collection::vec("[a-z~_-]{1,4}(\\.[a-z]{1,3})?", 1..5),
        between in prop::collection::vec(
            select(vec!["/", "//", "/./", "/x/../", "/%2e/", "/x//..//", "/x/y/../%2E%2e/"]), 5),
        escaped in prop::collection::vec(any::<bool>(), 40),
        is_folder in any::<bool>(),
    ) {
        let mut escaped = escaped.into_iter();
        let (mut plain, mut spelled) = (String::new(), String::new());
        for (segment, before) in segments.iter().zip(&between) {
            plain = plain + "/" + segment;
            spelled += before;
            for character in segment.chars() {
                if escaped.next().unwrap_or_default() {
                    spelled += &format!("%{:02x}", u32::from(character));
                } else {
                    spelled.push(character);
                }
            }
        }
        if is_folder {
            plain.push('/');
            spelled += "//./";
        }
        prop_assert_eq!(normal_path(&spelled), plain);
    }

    #[test]
    fn a_path_begins_as_its_prefixes_do(path in paths(&PIECES), end in any::<prop::sample::Index>()) {
        let normal = normal_path(&path).into_owned();
        let ends: Vec<_> = normal.char_indices().map(|(at, _)| at).collect();
        let prefix = &normal[..ends[end.index(ends.len())]];
        prop_assert!(normal.starts_with(normal_prefix(prefix).as_ref()), "{} {}", normal, prefix);
    }
}

/// A URL of the greatest length is quick to read, even with escapes within escapes.
#[test]
fn hostile_paths_cost_no_more_than_their_length() {
    let started = std::time::Instant::now();
    let nested = format!("/{}3{}", "%".repeat(4_000), "3".repeat(4_000));
    assert_eq!(normal_path(&nested), "/3");
    normal_path(&"/..".repeat(2_700));
    normal_path(&"/a/b/../../".repeat(700));
    assert!(!leads_above_root(&nested) && !leads_above_root(&"/a/b/../../".repeat(700)));
    normal_path(&"%2e/".repeat(2_000));
    assert!(started.elapsed() < std::time::Duration::from_secs(1), "{:?}", started.elapsed());
}
