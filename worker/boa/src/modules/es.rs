//! ES modules: `import` of files of the bundle, of CommonJS files, and of the platform's modules.
//!
//! `brink_rewrite` writes each module as a function, so the engine's own module system is not used.
//! This folder does its work: `record` keeps the state of each module, `graph` loads a module and
//! all modules that it leads to, `link` finds the meaning of names, and `evaluate` runs the modules
//! in their order.

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
