//! The Node.js platform: the modules that functions get by name, and Node.js' own globals.
//!
//! A module is JavaScript of ours (`platform/js`), run when it is first asked for, and leans on
//! natives in Rust (`platform/native`) wherever the work is not JavaScript's own. Modules and
//! natives are made lazily: a function pays for what it uses. Nothing here reaches outside of the
//! process; what a sandbox cannot have loads, and says on use what it is.

mod catalog;
mod globals;
mod load;
mod native;

use std::rc::Rc;

use boa_engine::{Context, JsResult};

use load::Platform;

pub use catalog::absent_module;
pub(super) use load::load;
pub(super) use native::{expression, invalid_type, keep_matches_for};

/// Puts the platform into a new context.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    context.insert_data(Rc::new(Platform::new(native::find)));
    globals::install(context)
}

/// Tells the platform that the context has its version.
pub(super) fn bind(context: &mut Context) -> JsResult<()> {
    match Platform::of(context)?.env.get() {
        Some(env) => native::fill_env(env, context),
        None => Ok(()),
    }
}

/// The platform module that a specifier means, with or without `node:`.
pub(super) fn resolve(specifier: &str) -> Option<&'static str> {
    catalog::public(specifier)
}
