//! The catalog of platform modules, with their texts.

/// The beginning of names that only platform modules may ask for.
const INTERNAL: &str = "internal/";

/// Modules that exist only with `node:` before their name. Without it, the name means a package.
const PREFIXED_ONLY: [&str; 3] = ["sea", "test", "test/reporters"];

/// Every module, sorted by name.
static MODULES: &[(&str, &str)] = &[
    ("_http_agent", include_str!("js/_http_agent.js")),
    ("_http_client", include_str!("js/_http_client.js")),
    ("_http_common", include_str!("js/_http_common.js")),
    ("_http_incoming", include_str!("js/_http_incoming.js")),
    ("_http_outgoing", include_str!("js/_http_outgoing.js")),
    ("_http_server", include_str!("js/_http_server.js")),
    ("_stream_duplex", include_str!("js/_stream_duplex.js")),
    ("_stream_passthrough", include_str!("js/_stream_passthrough.js")),
    ("_stream_readable", include_str!("js/_stream_readable.js")),
    ("_stream_transform", include_str!("js/_stream_transform.js")),
    ("_stream_wrap", include_str!("js/_stream_wrap.js")),
    ("_stream_writable", include_str!("js/_stream_writable.js")),
    ("_tls_common", include_str!("js/_tls_common.js")),
    ("_tls_wrap", include_str!("js/_tls_wrap.js")),
    ("assert", include_str!("js/assert.js")),
    ("assert/strict", include_str!("js/assert_strict.js")),
    ("async_hooks", include_str!("js/async_hooks.js")),
    ("buffer", include_str!("js/buffer.js")),
    ("child_process", include_str!("js/child_process.js")),
    ("cluster", include_str!("js/cluster.js")),
    ("console", include_str!("js/console.js")),
    ("constants", include_str!("js/constants.js")),
    ("crypto", include_str!("js/crypto.js")),
    ("dgram", include_str!("js/dgram.js")),
    ("diagnostics_channel", include_str!("js/diagnostics_channel.js")),
    ("dns", include_str!("js/dns.js")),
    ("dns/promises", include_str!("js/dns_promises.js")),
    ("domain", include_str!("js/domain.js")),
    ("events", include_str!("js/events.js")),
    ("fs", include_str!("js/fs.js")),
    ("fs/promises", include_str!("js/fs_promises.js")),
    ("http", include_str!("js/http.js")),
    ("http2", include_str!("js/http2.js")),
    ("https", include_str!("js/https.js")),
    ("inspector", include_str!("js/inspector.js")),
    ("inspector/promises", include_str!("js/inspector_promises.js")),
    ("internal/absent", include_str!("js/internal/absent.js")),
    ("internal/blob", include_str!("js/internal/blob.js")),
    ("internal/buffer_inspect", include_str!("js/internal/buffer_inspect.js")),
    ("internal/call_sites", include_str!("js/internal/call_sites.js")),
    ("internal/circle", include_str!("js/internal/circle.js")),
    ("internal/clone", include_str!("js/internal/clone.js")),
    ("internal/console", include_str!("js/internal/console.js")),
    ("internal/crypto_args", include_str!("js/internal/crypto_args.js")),
    ("internal/crypto_cipher", include_str!("js/internal/crypto_cipher.js")),
    ("internal/crypto_constants", include_str!("js/internal/crypto_constants.js")),
    ("internal/crypto_ecdh", include_str!("js/internal/crypto_ecdh.js")),
    ("internal/crypto_keys", include_str!("js/internal/crypto_keys.js")),
    ("internal/crypto_sign", include_str!("js/internal/crypto_sign.js")),
    ("internal/crypto_x509", include_str!("js/internal/crypto_x509.js")),
    ("internal/dom_exception", include_str!("js/internal/dom_exception.js")),
    ("internal/encoding", include_str!("js/internal/encoding.js")),
    ("internal/equality", include_str!("js/internal/equality.js")),
    ("internal/error_texts", include_str!("js/internal/error_texts.js")),
    ("internal/errors", include_str!("js/internal/errors.js")),
    ("internal/event_target", include_str!("js/internal/event_target.js")),
    ("internal/fetch", include_str!("js/internal/fetch.js")),
    ("internal/form_data", include_str!("js/internal/form_data.js")),
    ("internal/fs_streams", include_str!("js/internal/fs_streams.js")),
    ("internal/headers", include_str!("js/internal/headers.js")),
    ("internal/http_connection", include_str!("js/internal/http_connection.js")),
    ("internal/http_headers", include_str!("js/internal/http_headers.js")),
    ("internal/http_parser", include_str!("js/internal/http_parser.js")),
    ("internal/https_server", include_str!("js/internal/https_server.js")),
    ("internal/inspect", include_str!("js/internal/inspect.js")),
    ("internal/intl", include_str!("js/internal/intl.js")),
    ("internal/intl_data", include_str!("js/internal/intl_data.js")),
    ("internal/intl_dates", include_str!("js/internal/intl_dates.js")),
    ("internal/intl_names", include_str!("js/internal/intl_names.js")),
    ("internal/intl_numbers", include_str!("js/internal/intl_numbers.js")),
    ("internal/mime", include_str!("js/internal/mime.js")),
    ("internal/net_server", include_str!("js/internal/net_server.js")),
    ("internal/net_socket", include_str!("js/internal/net_socket.js")),
    ("internal/parse_args", include_str!("js/internal/parse_args.js")),
    ("internal/stream_more", include_str!("js/internal/stream_more.js")),
    ("internal/tls_server", include_str!("js/internal/tls_server.js")),
    ("internal/url_resolve", include_str!("js/internal/url_resolve.js")),
    ("internal/validators", include_str!("js/internal/validators.js")),
    ("internal/web_url", include_str!("js/internal/web_url.js")),
    ("internal/webcrypto", include_str!("js/internal/webcrypto.js")),
    ("module", include_str!("js/module.js")),
    ("net", include_str!("js/net.js")),
    ("os", include_str!("js/os.js")),
    ("path", include_str!("js/path.js")),
    ("path/posix", include_str!("js/path_posix.js")),
    ("path/win32", include_str!("js/path_win32.js")),
    ("perf_hooks", include_str!("js/perf_hooks.js")),
    ("process", include_str!("js/process.js")),
    ("punycode", include_str!("js/punycode.js")),
    ("querystring", include_str!("js/querystring.js")),
    ("readline", include_str!("js/readline.js")),
    ("readline/promises", include_str!("js/readline_promises.js")),
    ("repl", include_str!("js/repl.js")),
    ("sea", include_str!("js/sea.js")),
    ("stream", include_str!("js/stream.js")),
    ("stream/consumers", include_str!("js/stream_consumers.js")),
    ("stream/promises", include_str!("js/stream_promises.js")),
    ("stream/web", include_str!("js/stream_web.js")),
    ("string_decoder", include_str!("js/string_decoder.js")),
    ("sys", include_str!("js/sys.js")),
    ("test", include_str!("js/test.js")),
    ("test/reporters", include_str!("js/test_reporters.js")),
    ("timers", include_str!("js/timers.js")),
    ("timers/promises", include_str!("js/timers_promises.js")),
    ("tls", include_str!("js/tls.js")),
    ("trace_events", include_str!("js/trace_events.js")),
    ("tty", include_str!("js/tty.js")),
    ("url", include_str!("js/url.js")),
    ("util", include_str!("js/util.js")),
    ("util/types", include_str!("js/util_types.js")),
    ("v8", include_str!("js/v8.js")),
    ("vm", include_str!("js/vm.js")),
    ("wasi", include_str!("js/wasi.js")),
    ("worker_threads", include_str!("js/worker_threads.js")),
    ("zlib", include_str!("js/zlib.js")),
];

/// Modules that can be loaded but cannot do their main work in a sandbox, with the reason.
static ABSENT: &[(&str, &str)] = &[
    ("child_process", "it cannot start processes"),
    ("cluster", "it cannot start processes"),
    ("dgram", "it has no sockets"),
    ("dns", "the worker resolves names for it"),
    ("dns/promises", "the worker resolves names for it"),
    ("http2", "it has no sockets"),
    ("inspector", "it has no debugger"),
    ("inspector/promises", "it has no debugger"),
    ("net", "it has no sockets"),
    ("readline", "it has no terminal"),
    ("readline/promises", "it has no terminal"),
    ("repl", "it has no terminal"),
    ("tls", "it has no sockets"),
    ("vm", "it has no second engine"),
    ("wasi", "it has no WebAssembly"),
    ("worker_threads", "it cannot start threads"),
];

/// The reason why a module, named without `node:`, cannot work in a sandbox; none if it works, or
/// if there is no such module.
pub fn absent_module(name: &str) -> Option<&'static str> {
    ABSENT.iter().find(|(known, _)| *known == name).map(|(_, reason)| *reason)
}

/// The module with a name, including internal ones: its name and its text.
pub(super) fn module(name: &str) -> Option<(&'static str, &'static str)> {
    let at = MODULES.binary_search_by_key(&name, |(name, _)| name).ok()?;
    MODULES.get(at).copied()
}

/// The name of the module that a function's specifier means.
pub(super) fn public(specifier: &str) -> Option<&'static str> {
    let (name, prefixed) = match specifier.strip_prefix("node:") {
        Some(name) => (name, true),
        None => (specifier, false),
    };
    if name.starts_with(INTERNAL) || (PREFIXED_ONLY.contains(&name) && !prefixed) {
        return None;
    }
    module(name).map(|(name, _)| name)
}

/// Every name that functions may ask for, without `node:`.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let names = MODULES.iter().map(|(name, _)| *name);
    names.filter(|name| !name.starts_with(INTERNAL) && !PREFIXED_ONLY.contains(name))
}

/// Every module and its text.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    MODULES.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_internal_ones_hidden() {
        assert!(MODULES.is_sorted_by_key(|(name, _)| *name));
        assert_eq!(public("node:path"), Some("path"));
        assert_eq!(public("path"), Some("path"));
        assert_eq!(public("test"), None);
        assert_eq!(public("node:sea"), Some("sea"));
        assert_eq!(public("node:internal/errors"), None);
        assert_eq!(public("left-pad"), None);
        assert!(names().all(|name| public(name) == Some(name)));
    }

    #[test]
    fn modules_that_cannot_work_load() {
        for (name, _) in ABSENT {
            let (_, text) = module(name).unwrap();
            let leans_on = ["internal/absent", "require('dns')", "require('inspector')"];
            assert!(leans_on.iter().any(|other| text.contains(other)), "{name}");
        }
        assert_eq!(absent_module("http"), None);
    }
}
