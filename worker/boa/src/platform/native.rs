//! Natives: the functions in Rust that platform modules use.

mod arrays;
mod buffer;
mod bytes;
mod coded;
mod collections;
mod crypto;
mod dates;
mod encoding;
mod expressions;
mod files;
mod functions;
mod http_calls;
mod intl;
mod modules;
mod numbers;
mod patterns;
mod properties;
mod replace;
mod stack;
mod system;
mod tasks;
mod text_decoder;
mod texts;
mod types;
mod url;
mod url_text;
mod words;
mod zlib;

use super::load::Make;

/// Every set of natives, by name.
static NATIVES: &[(&str, Make)] = &[
    ("buffer", buffer::natives),
    ("calls", http_calls::make),
    ("coded", coded::natives),
    ("crypto", crypto::natives),
    ("files", files::make),
    ("intl", intl::natives),
    ("modules", modules::make),
    ("system", system::make),
    ("tasks", tasks::make),
    ("text", url_text::natives),
    ("text_decoder", text_decoder::natives),
    ("types", types::make),
    ("url", url::natives),
    ("zlib", zlib::make),
];

pub(super) use arrays::install as install_arrays;
pub(in super::super) use coded::invalid_type;
pub(super) use collections::install as install_collections;
pub(super) use dates::install as install_dates;
pub(super) use expressions::install as install_expressions;
pub(in super::super) use expressions::literal as expression;
pub(super) use intl::install as install_intl;
pub(super) use numbers::install as install_numbers;
pub(super) use patterns::install as install_patterns;
pub(in super::super) use patterns::keep_matches_for;
pub(super) use properties::install as install_properties;
pub(super) use stack::install as install_stack;
pub(super) use system::fill_env;
pub(super) use texts::install as install_texts;
pub(super) use words::install as install_words;

/// The natives with a name: the name, and the function that makes them.
pub(super) fn find(name: &str) -> Option<(&'static str, Make)> {
    NATIVES.iter().find(|(known, _)| *known == name).copied()
}
