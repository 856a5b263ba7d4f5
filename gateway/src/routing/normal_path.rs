//! The normal form of paths. Behaviors are matched on it (`contract.md` 7.1; RFC 3986, 6.2.2).
//!
//! `/%70rivate`, `/a/../private` and `//private` are three spellings of `/private`: most servers
//! read all of them as one path. A guard on `/private/*` must treat them alike too. So escapes of
//! unreserved characters are decoded, then slashes that follow each other become one, then dot
//! segments are removed.
//!
//! `%2F`, `%5C` and `\` stay as they are. RFC 3986 does not count them as slashes, and origins
//! differ in how they read them. Applying a distribution warns if a request can bypass a function
//! in this way. The normal form is for matching only: events, cache keys and origins get the path
//! as it came.

use std::borrow::Cow;

/// The normal form of a path. It begins with `/`, and its own normal form is itself.
///
/// Costs time in proportion to the length. A path in normal form is not copied.
pub fn normal_path(path: &str) -> Cow<'_, str> {
    if is_normal(path) {
        return Cow::Borrowed(path);
    }
    let decoded = decode_unreserved(path);
    let mut kept: Vec<&str> = Vec::new();
    let mut is_folder = false;
    // One round is enough: decoding makes no slashes, and only whole segments are removed. So no
    // step makes new work for an earlier one.
    for segment in decoded.split('/') {
        is_folder = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let mut normal = String::with_capacity(decoded.len() + 1);
    for segment in &kept {
        normal.push('/');
        normal.push_str(segment);
    }
    if is_folder || normal.is_empty() {
        normal.push('/');
    }
    Cow::Owned(normal)
}

/// True if dot segments lead above the root at any position of a path. Behind the prefix of an
/// origin, they would lead out of it.
///
/// Also true if only some servers read the path so: those that take `%2F`, `%5C` or `\` for a
/// slash. Takes time in proportion to the length.
pub fn leads_above_root(path: &str) -> bool {
    if !path.contains("..") && !path.contains('%') {
        return false;
    }
    let decoded = decode_unreserved(path);
    let slashes = decoded.replace("%2F", "/").replace("%2f", "/");
    let backslashes = |text: &str| text.replace("%5C", "/").replace("%5c", "/").replace('\\', "/");
    let readings = [backslashes(&decoded), backslashes(&slashes), decoded, slashes];
    readings.iter().any(|path| climbs(path))
}

/// The normal form of a path in which some server may see dot segments, read as the most liberal
/// server reads it: `%2F`, `%5C` and `\` are slashes. `None` if no server sees one.
pub fn without_dot_segments(path: &str) -> Option<String> {
    if !path.contains("/.") && !path.contains(['%', '\\']) {
        return None;
    }
    let mut liberal = decode_unreserved(path);
    for slash in ["%2F", "%2f", "%5C", "%5c", "\\"] {
        liberal = liberal.replace(slash, "/");
    }
    let has_dots = liberal.split('/').any(|segment| matches!(segment, "." | ".."));
    has_dots.then(|| normal_path(&liberal).into_owned())
}

/// True if there are more `..` than segments before them.
fn climbs(path: &str) -> bool {
    let mut depth = 0_usize;
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

/// The normal form of a prefix of paths. Its last segment may go on, and is only decoded:
/// `/a/.` is a prefix of `/a/.hidden`.
pub fn normal_prefix(prefix: &str) -> Cow<'_, str> {
    let Some(slash) = prefix.rfind('/').filter(|_| !is_normal(prefix)) else {
        return Cow::Borrowed(prefix);
    };
    let (folder, begun) = prefix.split_at(slash + 1);
    Cow::Owned(normal_path(folder).into_owned() + &decode_unreserved(begun))
}

/// True if the path is surely in normal form. May be false for one that is, such as `/.well-known`.
fn is_normal(path: &str) -> bool {
    let pairs = path.bytes().zip(path.bytes().skip(1));
    path.starts_with('/')
        && !path.contains('%')
        && !pairs.into_iter().any(|pair| matches!(pair, (b'/', b'/' | b'.')))
}

/// Decodes escapes of unreserved characters until there are none: `%%370` is `%70`, which is `p`.
fn decode_unreserved(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    for character in text.chars() {
        decoded.push(character);
        // The decoded character may complete another escape.
        while let Some(unreserved) = unreserved_at_end(&decoded) {
            decoded.truncate(decoded.len() - ESCAPE_LEN);
            decoded.push(unreserved);
        }
    }
    decoded
}

/// Bytes of `%70`.
const ESCAPE_LEN: usize = 3;

/// The unreserved character (RFC 3986, 2.3) whose escape a text ends with.
fn unreserved_at_end(text: &str) -> Option<char> {
    let [.., b'%', high, low] = text.as_bytes() else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let character = char::from_u32(digit(high)? * 16 + digit(low)?)?;
    (character.is_ascii_alphanumeric() || "-._~".contains(character)).then_some(character)
}
