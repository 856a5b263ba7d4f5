//! The embedded JavaScript runtime: execution environments on the Boa engine.
//!
//! An [`Environment`] is an engine context with a version's code in it. It handles one event at a
//! time, and keeps its globals between events. As on Lambda, work that a handler left running is
//! frozen with the answer, and goes on with the next event. A context cannot move to another
//! thread, and native jobs borrow it as long as they run. So each environment is a task that owns
//! its context, and [`Environment`] is the handle to that task.
//!
//! The engine has no interrupt and no heap limit, and this crate adds none. The supervisor ends the
//! process of a function that does not stop or takes too much memory.

pub mod absent_modules;
mod answer;
mod answered;
mod compiled;
mod console;
mod context_object;
mod cpu;
mod engine;
mod environment;
mod event_loop;
mod failure;
mod from_js;
mod function_table;
mod handler;
mod hooks;
mod jobs;
mod json;
mod life;
mod loader;
mod log;
mod modules;
mod natives;
mod plain;
mod platform;
mod progress;
mod recycling;
mod rejections;
mod session;
mod text;
mod to_js;
mod warm_context;

pub use brink_frames::Host;
pub use compiled::Compiled;
pub use engine::STACK_SIZE;
pub use environment::Environment;
pub use from_js::{DEPTH_MAX, NODES_MAX};
pub use modules::author_place;
pub use recycling::ENVIRONMENT_SOURCE_MAX;
pub use warm_context::{USUAL, WarmContext};

#[cfg(test)]
mod tests;
