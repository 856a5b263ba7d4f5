//! Names and values of headers that a document may have.

/// The problem with a text that is no value.
pub(super) const NO_VALUE: &str = "is not the value of a header: it has characters beyond visible \
                                   ASCII, or a space at its end";

/// True for the name of a header (RFC 9110, 5.1).
pub(super) fn is_name(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

/// True for the value of a header (RFC 9110, 5.5), in ASCII.
pub(super) fn is_value(text: &str) -> bool {
    let is_visible = |byte: u8| byte.is_ascii_graphic() || byte == b' ' || byte == b'\t';
    text.bytes().all(is_visible) && text.trim() == text
}
