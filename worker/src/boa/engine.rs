//! Makes engine contexts: limits, hooks, globals.

use std::rc::Rc;
use std::sync::Arc;

use boa_engine::object::ObjectInitializer;
use boa_engine::object::builtins::JsFunction;
use boa_engine::property::Attribute;
use boa_engine::vm::RuntimeLimits;
use boa_engine::{Context, JsResult, JsString, js_error, js_string};
use boa_runtime::extensions::ConsoleExtension;

use super::Host;
use super::console::{Budget, Journal};
use super::context_object::version_name;
use super::handler::Answer;
use super::jobs::{Hooks, Jobs};
use super::modules::{BundleLoader, Modules, ROOT};
use super::platform::{self, Platform};
use super::session::Session;
use crate::sandbox::frame::Load;

/// Deepest recursion of JavaScript calls. Calls through the engine's own functions nest on the
/// native stack; a thread with [`STACK_SIZE`] holds this many of them.
const RECURSION_MAX: usize = 400;

/// Stack of a thread that runs environments, in bytes. Only touched pages cost memory.
pub const STACK_SIZE: usize = 64 * 1024 * 1024;

/// A context for the version, with all globals, and none of its code run yet.
pub(super) fn context(
    load: Arc<Load>,
    host: Rc<dyn Host>,
    jobs: Rc<Jobs>,
) -> JsResult<(Context, Rc<Session>)> {
    let buffer_max = u64::from(load.memory_mb) * 1024 * 1024;
    let mut context = Context::builder()
        .host_hooks(Rc::new(Hooks { jobs: jobs.clone(), buffer_max }))
        .job_executor(jobs)
        .module_loader(Rc::new(BundleLoader))
        .build()?;
    let mut limits = RuntimeLimits::default();
    limits.set_recursion_limit(RECURSION_MAX);
    context.set_runtime_limits(limits);
    let session = Rc::new(Session {
        is_array: is_array(&mut context)?,
        load,
        host,
        event: Default::default(),
        answer: Answer::default(),
        log_budget: Budget::default(),
        modules: Modules::default(),
        platform: Platform::default(),
    });
    context.insert_data(session.clone());
    boa_runtime::register((ConsoleExtension(Journal),), None, &mut context)?;
    let global = context.global_object();
    let names = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    context.register_global_property(js_string!("global"), global, names)?;
    register_process(&session.load, &mut context)?;
    platform::install(&mut context)?;
    Ok((context, session))
}

fn is_array(context: &mut Context) -> JsResult<JsFunction> {
    let array = context.intrinsics().constructors().array().constructor();
    array
        .get(js_string!("isArray"), context)?
        .as_function()
        .ok_or_else(|| js_error!(Error: "the engine has no Array.isArray"))
}

/// `process`, with nothing but `env`: the function's own variables and those that Lambda sets.
fn register_process(load: &Load, context: &mut Context) -> JsResult<()> {
    let reserved = [
        ("AWS_LAMBDA_FUNCTION_NAME", load.function.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", version_name(load)),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", load.memory_mb.to_string()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("LAMBDA_TASK_ROOT", ROOT.to_owned()),
        ("TZ", ":UTC".to_owned()),
        ("_HANDLER", load.handler.clone()),
    ];
    let mut env = ObjectInitializer::new(context);
    for (name, value) in reserved
        .iter()
        .map(|(name, value)| (*name, value))
        .chain(load.env.iter().map(|(name, value)| (name.as_str(), value)))
    {
        let value = JsString::from(value.as_str());
        env.property(JsString::from(name), value, Attribute::all());
    }
    let env = env.build();
    let process =
        ObjectInitializer::new(context).property(js_string!("env"), env, Attribute::all()).build();
    let names = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    context.register_global_property(js_string!("process"), process, names)
}
