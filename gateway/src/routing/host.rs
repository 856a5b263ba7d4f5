//! Host names in the form that routing compares.

use std::borrow::Cow;

/// A `Host` in lower case, without port and without a final dot.
pub(super) struct Host<'a>(pub(super) Cow<'a, str>);

// === impl Host ===

impl<'a> Host<'a> {
    /// Reads the value of a `Host` header. `[::1]:8080` becomes `[::1]`.
    pub(super) fn of(header: &'a str) -> Self {
        let port_at = match header.rfind(']') {
            Some(bracket) => {
                header.get(bracket..).and_then(|rest| rest.find(':')).map(|colon| bracket + colon)
            }
            None => header.find(':'),
        };
        let host = port_at.and_then(|at| header.get(..at)).unwrap_or(header);
        let host = host.strip_suffix('.').unwrap_or(host);
        if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Self(Cow::Owned(host.to_ascii_lowercase()))
        } else {
            Self(Cow::Borrowed(host))
        }
    }
}

/// `.shop.example.com` for the alias `*.shop.example.com`.
pub(super) fn wildcard_suffix(alias: &str) -> Option<&str> {
    alias.strip_prefix('*').filter(|suffix| suffix.starts_with('.'))
}
