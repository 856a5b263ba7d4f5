//! `import()`.
//!
//! Node.js loads modules with JavaScript of its own, which takes some turns of the microtask queue
//! before and after a module runs. Code can observe these turns by what else happens meanwhile, so
//! their number is the same here.

use std::collections::HashSet;
use std::path::Path;

use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::job::{GenericJob, PromiseJob};
use boa_engine::object::FunctionObjectBuilder;
use boa_engine::object::builtins::{JsFunction, JsPromise};
use boa_engine::{
    Context, JsArgs, JsError, JsResult, JsString, JsValue, NativeFunction, js_error, js_string,
};

use super::super::resolve::in_bundle;
use super::evaluate::kept;
use super::graph::{load_target, start};
use super::namespace;
use super::record::Id;
use super::target::{Target, target};

/// Turns before a specifier is looked at.
const BEFORE: usize = 3;

/// Turns until the promise is rejected, for a module that is known not to load.
const REJECTED: usize = 3;

/// Turns until a module is linked that was only loaded before. There are more for each step on the
/// way to the farthest module that it leads to.
const UNLINKED: usize = 4;
const UNLINKED_STEP: usize = 3;

/// Turns before a module runs whose text needs no reading.
const UNREAD: usize = 11;

/// Turns after a module ran, including the one in which its end is noticed.
const AFTER: usize = 4;

/// `import` for the file with this name in the engine.
pub(in super::super) fn function(file: &str, context: &Context) -> JsFunction {
    let file = in_bundle(Path::new(file)).unwrap_or(file);
    let import = NativeFunction::from_copy_closure_with_captures(import, JsString::from(file));
    FunctionObjectBuilder::new(context.realm(), import).name(js_string!("import")).length(1).build()
}

/// `import(specifier, options)`.
fn import(
    _: &JsValue,
    arguments: &[JsValue],
    from: &JsString,
    context: &mut Context,
) -> JsResult<JsValue> {
    let (promise, functions) = JsPromise::new_pending(context);
    match asked(arguments, context) {
        Ok(specifier) => {
            let from = from.to_std_string_lossy();
            after(BEFORE, context, move |context| find(&from, &specifier, functions, context));
        }
        Err(error) => reject(&functions, error, context)?,
    }
    Ok(promise.into())
}

/// The specifier, after the options were checked.
fn asked(arguments: &[JsValue], context: &mut Context) -> JsResult<String> {
    let specifier = arguments.get_or_undefined(0).to_string(context)?;
    let options = arguments.get_or_undefined(1);
    if !options.is_undefined() {
        let Some(options) = options.as_object() else {
            return Err(js_error!(TypeError: "The second argument to import() must be an object"));
        };
        options.get(js_string!("with"), context)?;
    }
    Ok(specifier.to_std_string_lossy())
}

/// Finds the module and loads it.
fn find(
    from: &str,
    specifier: &str,
    functions: ResolvingFunctions,
    context: &mut Context,
) -> JsResult<()> {
    let target = match target(from, specifier, context) {
        Ok(target) => target,
        Err(error) => return reject(&functions, error, context),
    };
    let turns = match &target {
        Target::Known(Ok(id)) if id.with(context, |record| record.failed.is_none())? => {
            if id.with(context, |record| record.is_linked())? {
                return run(target, functions, context);
            }
            UNLINKED + UNLINKED_STEP * depth(*id, context)?
        }
        Target::Known(_) => REJECTED,
        Target::Unread(_) => UNREAD - BEFORE,
        Target::Text(_) => {
            // Node.js waits for the file.
            let realm = context.realm().clone();
            let job = GenericJob::new(
                move |context| run(target, functions, context).map(|()| JsValue::undefined()),
                realm,
            );
            context.enqueue_job(job.into());
            return Ok(());
        }
    };
    after(turns, context, move |context| run(target, functions, context));
    Ok(())
}

/// Number of steps from a module to the farthest one that it leads to.
fn depth(root: Id, context: &Context) -> JsResult<usize> {
    let mut seen = HashSet::from([root]);
    let mut level = vec![root];
    let mut depth = 0;
    loop {
        let mut next = Vec::new();
        for id in level {
            let targets = id.with(context, |record| record.targets.clone())?;
            next.extend(targets.into_iter().filter(|target| seen.insert(*target)));
        }
        if next.is_empty() {
            return Ok(depth);
        }
        depth += 1;
        level = next;
    }
}

/// Loads, links and runs a module, and returns its namespace object some turns later.
fn run(target: Target, functions: ResolvingFunctions, context: &mut Context) -> JsResult<()> {
    let begun = begin(target, context);
    let (id, end) = match begun {
        Ok(begun) => begun,
        Err(error) if error.as_engine().is_some() => return Err(error),
        Err(error) => return reject(&functions, error, context),
    };
    let fulfilled = NativeFunction::from_copy_closure_with_captures(
        |_, _, (id, resolve): &(usize, JsFunction), context| {
            let (id, resolve) = (Id::from(*id), resolve.clone());
            after(AFTER - 1, context, move |context| {
                let namespace = namespace::of(id, context)?;
                resolve.call(&JsValue::undefined(), &[namespace.into()], context)?;
                Ok(())
            });
            Ok(JsValue::undefined())
        },
        (id.number(), functions.resolve),
    );
    let rejected = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, reject: &JsFunction, context| {
            let (reason, reject) = (arguments.get_or_undefined(0).clone(), reject.clone());
            after(AFTER - 1, context, move |context| {
                reject.call(&JsValue::undefined(), &[reason], context)?;
                Ok(())
            });
            Ok(JsValue::undefined())
        },
        functions.reject,
    );
    let realm = context.realm().clone();
    let reactions = (fulfilled.to_js_function(&realm), rejected.to_js_function(&realm));
    end.then(Some(reactions.0), Some(reactions.1), context)?;
    Ok(())
}

/// Goes on some turns of the microtask queue later.
fn after(
    turns: usize,
    context: &mut Context,
    step: impl FnOnce(&mut Context) -> JsResult<()> + 'static,
) {
    let job = PromiseJob::new(move |context| {
        match turns {
            0 | 1 => step(context)?,
            _ => after(turns - 1, context, step),
        }
        Ok(JsValue::undefined())
    });
    context.enqueue_job(job.into());
}

fn begin(target: Target, context: &mut Context) -> JsResult<(Id, JsPromise)> {
    let id = load_target(target, context)?;
    Ok((id, start(id, context)?))
}

fn reject(functions: &ResolvingFunctions, error: JsError, context: &mut Context) -> JsResult<()> {
    let reason = kept(error, context).into_opaque(context)?;
    functions.reject.call(&JsValue::undefined(), &[reason], context)?;
    Ok(())
}
