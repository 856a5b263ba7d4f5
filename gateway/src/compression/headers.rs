//! The headers of a compressed object (`contract.md` 7.6).

use brink_shared::event::Headers;
use brink_shared::registry::distribution::ContentCoding;

/// The headers of an object after its body was compressed. They name the coding, the tag is a weak
/// one, and there is no length, because the length is not known yet.
///
/// The same object may be compressed to other bytes next time. So the headers do not offer ranges.
#[must_use]
pub fn encoded(plain: &Headers, coding: ContentCoding) -> Headers {
    let mut headers = plain.clone();
    headers.remove("content-length");
    headers.remove("accept-ranges");
    // A function may have given a stored object a coding of its own; the body has both then.
    let codings: Vec<&str> = plain.get_all("content-encoding").chain([coding.name()]).collect();
    headers.set("Content-Encoding", codings.join(", "));
    if let Some(tag) = plain.get("etag").map(str::trim) {
        headers.remove("etag");
        if let Some(weak) = weak(tag) {
            headers.append("ETag", weak);
        }
    }
    vary(&mut headers);
    headers
}

/// Says that viewers with another `Accept-Encoding` may get another form.
pub fn vary(headers: &mut Headers) {
    let members: Vec<&str> =
        headers.get_all("vary").flat_map(|line| line.split(',')).map(str::trim).collect();
    let says = |name: &&str| *name == "*" || name.eq_ignore_ascii_case("accept-encoding");
    if !members.iter().any(says) {
        let named = members.iter().filter(|name| !name.is_empty());
        let all: Vec<&str> = named.copied().chain(["Accept-Encoding"]).collect();
        headers.set("Vary", all.join(", "));
    }
}

/// The weak form of a tag. A text that is not a tag has none.
fn weak(tag: &str) -> Option<String> {
    if tag.starts_with("W/") {
        return Some(tag.to_owned());
    }
    tag.starts_with('"').then(|| format!("W/{tag}"))
}
