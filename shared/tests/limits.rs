//! `docs/limits.md` is written from the table of limits; `UPDATE_GOLDEN=1` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fmt::Write;
use std::path::Path;

use brink_shared::limits::{ALL, Limit};

const HEAD: &str = "\
# Limits of a function

<!-- Written by `UPDATE_GOLDEN=1 cargo test -p brink-shared --test limits`. -->

Each is a key of `[functions.NAME]` in `brink.toml` and of the settings of `function publish`. A
value over the cap is rejected when the function is published. An event that fails over a limit says
the limit, what was measured, and the key to raise. Beyond a soft bound the environment (for memory,
the sandbox) is replaced once the event in hand is done, which no viewer notices.

| key | what | default | soft | cap | beyond the hard bound | source |
| --- | --- | --- | --- | --- | --- | --- |
";

fn row(limit: &Limit) -> String {
    let default = limit.default.map(|amount| limit.unit.text(amount));
    let soft = limit.soft_percent.map(|percent| format!("{percent} %"));
    let cells = [
        format!("`{}`", limit.key),
        limit.what.to_owned(),
        default.unwrap_or_else(|| "the timeout".to_owned()),
        soft.unwrap_or_else(|| "-".to_owned()),
        limit.unit.text(limit.cap),
        limit.beyond.to_owned(),
        limit.source.to_owned(),
    ];
    format!("| {} |", cells.join(" | "))
}

#[test]
fn the_reference_is_written_from_the_table() {
    let mut text = HEAD.to_owned();
    for limit in ALL {
        writeln!(text, "{}", row(limit)).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/limits.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(text == stored, "{} is stale; UPDATE_GOLDEN=1 writes it anew", file.display());
}
