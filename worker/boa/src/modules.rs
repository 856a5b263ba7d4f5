//! The module system: CommonJS and ES modules, which are read from the version's bundle and never
//! from the disk.
//!
//! Code sees the bundle at [`ROOT`](super::loader::ROOT), as on Lambda.

mod commonjs;
mod compile;
mod es;
mod files;
mod module_loader;
mod resolve;
mod source_map;
mod start;
mod syntax;

pub(super) use module_loader::install;
pub use source_map::author_place;
pub(super) use start::find_handler;
