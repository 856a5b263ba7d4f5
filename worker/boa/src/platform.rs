//! The Node.js platform: the modules that functions get by name, and Node.js' own globals.
//!
//! A module is our own JavaScript (`platform/js`), and uses natives in Rust (`platform/native`) for
//! work that JavaScript cannot do, or not as fast. Modules and natives are made when they are first
//! needed, so a function pays only for those that it uses. Nothing here reaches outside of the
//! process. A module that cannot work in a sandbox can be loaded, and its functions fail with an
//! error that says why.

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
