//! ES modules: `import` from the bundle, and other modules as ES modules see them.
//!
//! `brink_rewrite` writes each as a function. What the engine does for modules of its own is done
//! here: `record` has what is known of each, `graph` loads a module and all that it leads to, `link`
//! finds what names mean, `evaluate` runs the modules in their order.

mod dynamic;
mod evaluate;
mod exports;
mod graph;
mod imports;
mod link;
mod namespace;
mod record;
mod required;
mod target;
mod values;

pub(super) use dynamic::function as import_function;
pub(super) use graph::{load, start};
pub(super) use namespace::of as namespace_of;
pub(super) use record::Records;
pub(super) use required::required;
