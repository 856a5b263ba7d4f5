//! Makes engine contexts, with limits, hooks and globals.

use std::rc::Rc;
use std::sync::Arc;

use boa_engine::module::IdleModuleLoader;
use boa_engine::object::builtins::JsFunction;
use boa_engine::property::Attribute;
use boa_engine::vm::RuntimeLimits;
use boa_engine::{Context, JsResult, js_error, js_string};

use super::answer::Answer;
use super::compiled::{self, Compiled};
use super::console;
use super::hooks::Hooks;
use super::jobs::Jobs;
use super::json;
use super::log::Log;
use super::modules;
use super::natives;
use super::platform;
use super::recycling::Recycling;
use super::session::Session;
use brink_frames::Host;
use brink_frames::Load;

/// Deepest recursion of JavaScript calls. Calls through the engine's own functions nest on the
/// native stack. A stack of [`STACK_SIZE`] has room for this many of them.
const RECURSION_MAX: usize = 4_000;

/// Most values on the JavaScript stack: the arguments and variables of all calls under way.
const VALUES_MAX: usize = 512 * 1024;

/// Stack of a thread that runs environments, in bytes. Only touched pages cost memory.
pub const STACK_SIZE: usize = 128 * 1024 * 1024;

/// A context with all globals, for any version. It shares the code that its thread compiled.
pub(super) fn blank(jobs: Rc<Jobs>, compiled: Rc<Compiled>) -> JsResult<Context> {
    let mut context = Context::builder()
        .host_hooks(Rc::new(Hooks { jobs: jobs.clone() }))
        .job_executor(jobs)
        .module_loader(Rc::new(IdleModuleLoader))
        .build()?;
    let mut limits = RuntimeLimits::default();
    limits.set_recursion_limit(RECURSION_MAX);
    limits.set_stack_size_limit(VALUES_MAX);
    context.set_runtime_limits(limits);
    compiled::install(compiled, &mut context);
    natives::install(&[("expression", 2, platform::expression)], &mut context)?;
    console::install(&mut context)?;
    let global = context.global_object();
    let names = Attribute::all();
    context.register_global_property(js_string!("global"), global, names)?;
    json::install(&mut context)?;
    platform::install(&mut context)?;
    Ok(context)
}

/// Gives the context a version. None of the version's code runs yet.
pub(super) fn bind(
    load: Arc<Load>,
    host: Rc<dyn Host>,
    context: &mut Context,
) -> JsResult<Rc<Session>> {
    let session = Rc::new(Session {
        is_array: is_array(context)?,
        log: Log::new(load.bounds.log_size),
        load,
        host,
        event: Default::default(),
        answer: Answer::default(),
        exited: Default::default(),
        recycling: Recycling::default(),
    });
    modules::install(session.load.clone(), context);
    context.insert_data(session.clone());
    platform::bind(context)?;
    Ok(session)
}

fn is_array(context: &mut Context) -> JsResult<JsFunction> {
    let array = context.intrinsics().constructors().array().constructor();
    array
        .get(js_string!("isArray"), context)?
        .as_function()
        .ok_or_else(|| js_error!(Error: "the engine has no Array.isArray"))
}
