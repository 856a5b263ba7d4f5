//! The version's modules: CommonJS and ES modules, read from its bundle and never from the disk.
//!
//! To its code the bundle lies at [`ROOT`](super::loader::ROOT), as on Lambda.

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
