//! Evaluates linked modules, by the specification's algorithms for cyclic module records. The
//! functions have the algorithms' names.

use std::rc::Rc;

use boa_engine::builtins::promise::PromiseState;
use boa_engine::object::FunctionObjectBuilder;
use boa_engine::object::builtins::{JsFunction, JsPromise};
use boa_engine::{Context, JsArgs, JsError, JsResult, JsValue, NativeFunction, js_error};

use super::super::super::jobs;
use super::record::{Code, Id, Order, Records, Run, Status};
use super::values;

/// The modules under way, each with the place of the next module that it asks for.
type Path = Vec<(Id, usize)>;

/// Runs a linked module and all modules that it leads to, unless they ran before. Returns the
/// promise of the module's end. Fails if the engine gave up.
pub(super) fn evaluate(root: Id, context: &mut Context) -> JsResult<JsPromise> {
    let module = root.with(context, |record| match record.status {
        Status::EvaluatingAsync | Status::Evaluated => record.evaluation.cycle_root.unwrap_or(root),
        _ => root,
    })?;
    let known = module.with(context, |record| {
        record.evaluation.capability.as_ref().map(|(promise, _)| promise.clone())
    })?;
    if let Some(promise) = known {
        return Ok(promise);
    }
    let capability = JsPromise::new_pending(context);
    let promise = capability.0.clone();
    module.with(context, |record| record.evaluation.capability = Some(capability))?;
    let mut stack = Vec::new();
    match inner_evaluation(module, &mut stack, context) {
        Ok(()) => {
            if module.with(context, |record| record.status == Status::Evaluated)? {
                settle(module, Ok(()), context)?;
            }
        }
        Err(error) => {
            let error = kept(error, context);
            for id in stack.into_iter().chain([module]) {
                id.with(context, |record| {
                    record.status = Status::Evaluated;
                    record.evaluation.error.get_or_insert_with(|| error.clone());
                })?;
            }
            if error.as_engine().is_some() {
                return Err(error);
            }
            settle(module, Err(error), context)?;
        }
    }
    Ok(promise)
}

/// The error as an object. All who import the module get the same one.
pub(super) fn kept(error: JsError, context: &mut Context) -> JsError {
    match error.as_engine() {
        Some(_) => error,
        None => error.into_opaque(context).map_or_else(|error| error, JsError::from_opaque),
    }
}

/// `InnerModuleEvaluation`, without recursion: chains of imports may be long.
fn inner_evaluation(root: Id, stack: &mut Vec<Id>, context: &mut Context) -> JsResult<()> {
    let mut path: Path = Vec::new();
    let mut index = 0;
    enter(root, &mut index, &mut path, stack, context)?;
    while let Some((id, next)) = path.last_mut() {
        let (id, at) = (*id, *next);
        *next += 1;
        let target = id.with(context, |record| record.targets.get(at).copied())?;
        match target {
            Some(target) => {
                if !enter(target, &mut index, &mut path, stack, context)? {
                    came_back(id, target, context)?;
                }
            }
            None => {
                path.pop();
                leave(id, stack, context)?;
                if let Some((parent, _)) = path.last() {
                    came_back(*parent, id, context)?;
                }
            }
        }
    }
    Ok(())
}

/// Begins a module. False if there is nothing to do for it.
fn enter(
    id: Id,
    index: &mut usize,
    path: &mut Path,
    stack: &mut Vec<Id>,
    context: &Context,
) -> JsResult<bool> {
    let is_new = id.with(context, |record| match record.status {
        Status::EvaluatingAsync | Status::Evaluated => match &record.evaluation.error {
            Some(error) => Err(error.clone()),
            None => Ok(false),
        },
        Status::Evaluating => Ok(false),
        Status::Unlinked => Err(js_error!(Error: "a module is not linked")),
        Status::Linked => {
            record.status = Status::Evaluating;
            record.evaluation.index = *index;
            record.evaluation.ancestor_index = *index;
            record.evaluation.pending = 0;
            Ok(true)
        }
    })??;
    if is_new {
        *index += 1;
        stack.push(id);
        path.push((id, 0));
    }
    Ok(is_new)
}

/// Notes that a module that `parent` asks for is entered or done.
fn came_back(parent: Id, target: Id, context: &Context) -> JsResult<()> {
    let (status, ancestor, root) = target.with(context, |record| {
        let evaluation = &record.evaluation;
        (record.status, evaluation.ancestor_index, evaluation.cycle_root)
    })?;
    let mut target = target;
    if status == Status::Evaluating {
        parent.with(context, |record| {
            let own = &mut record.evaluation.ancestor_index;
            *own = ancestor.min(*own);
        })?;
    } else {
        target = root.unwrap_or(target);
        let error = target.with(context, |record| record.evaluation.error.clone())?;
        if let Some(error) = error {
            return Err(error);
        }
    }
    let is_async = target.with(context, |record| {
        let is_async = matches!(record.evaluation.async_order, Order::At(_));
        if is_async {
            record.evaluation.async_parents.push(parent);
        }
        is_async
    })?;
    if is_async {
        parent.with(context, |record| record.evaluation.pending += 1)?;
    }
    Ok(())
}

/// Runs a module when all modules that it asks for are entered or done.
fn leave(id: Id, stack: &mut Vec<Id>, context: &mut Context) -> JsResult<()> {
    let (pending, is_async) =
        id.with(context, |one| (one.evaluation.pending, one.shape.is_async))?;
    if pending > 0 || is_async {
        let order = Records::of(context)?.next_order();
        id.with(context, |record| record.evaluation.async_order = order)?;
        if pending == 0 {
            execute_async(id, context)?;
        }
    } else {
        execute(id, context)?;
    }
    let is_root =
        id.with(context, |record| record.evaluation.ancestor_index == record.evaluation.index)?;
    while is_root && let Some(member) = stack.pop() {
        member.with(context, |record| {
            record.status = match record.evaluation.async_order {
                Order::Never => Status::Evaluated,
                _ => Status::EvaluatingAsync,
            };
            record.evaluation.cycle_root = Some(id);
        })?;
        if member == id {
            break;
        }
    }
    Ok(())
}

/// Runs a module that does not await.
fn execute(id: Id, context: &mut Context) -> JsResult<()> {
    let (key, code) = id.with(context, |record| (record.key.clone(), record.code.clone()))?;
    match code {
        Code::Open(open) => {
            if let Run::Sync(generator) = &open.run {
                generator.next(JsValue::undefined(), context)?;
            }
        }
        Code::Later(names) => {
            let values = values::run(&key, &names, context)?;
            id.with(context, |record| record.code = Code::Values(Rc::new(values)))?;
        }
        Code::Values(_) | Code::Function(_) => {}
    }
    Ok(())
}

/// Begins a module that awaits. The rest follows when the promise of its end is settled.
fn execute_async(id: Id, context: &mut Context) -> JsResult<()> {
    let code = id.with(context, |record| record.code.clone())?;
    let Code::Open(open) = code else { return Ok(()) };
    let Run::Async(gate, end) = &open.run else { return Ok(()) };
    let fulfilled = reaction(id, context, |id, _, context| fulfilled(id, context));
    let rejected = reaction(id, context, |id, arguments, context| {
        let error = JsError::from_opaque(arguments.get_or_undefined(0).clone());
        rejected(id, &error, context)
    });
    end.then(Some(fulfilled), Some(rejected), context)?;
    // It waits at the gate, and goes on at once.
    gate.resolve.call(&JsValue::undefined(), &[], context)?;
    if let Some(job) = jobs::of(context)?.take_newest_promise_job() {
        job.call(context)?;
    }
    Ok(())
}

fn reaction(
    id: Id,
    context: &Context,
    react: fn(Id, &[JsValue], &mut Context) -> JsResult<()>,
) -> JsFunction {
    let call = NativeFunction::from_copy_closure_with_captures(
        move |_, arguments, id: &usize, context| {
            react(Id::from(*id), arguments, context)?;
            Ok(JsValue::undefined())
        },
        id.number(),
    );
    FunctionObjectBuilder::new(context.realm(), call).build()
}

/// `AsyncModuleExecutionFulfilled`.
fn fulfilled(id: Id, context: &mut Context) -> JsResult<()> {
    if id.with(context, |record| record.status == Status::Evaluated)? {
        return Ok(());
    }
    complete(id, context)?;
    let mut ready = Vec::new();
    gather(id, &mut ready, context)?;
    let mut ordered = Vec::new();
    for id in ready {
        ordered.push((id.with(context, |record| record.evaluation.async_order)?, id));
    }
    ordered.sort();
    for (_, id) in ordered {
        let (status, is_async) = id.with(context, |one| (one.status, one.shape.is_async))?;
        if status == Status::Evaluated {
            continue;
        }
        if is_async {
            execute_async(id, context)?;
            continue;
        }
        match execute(id, context) {
            Ok(()) => complete(id, context)?,
            Err(error) if error.as_engine().is_some() => return Err(error),
            Err(error) => {
                let error = kept(error, context);
                rejected(id, &error, context)?;
            }
        }
    }
    Ok(())
}

/// Notes that an asynchronous module is done.
fn complete(id: Id, context: &mut Context) -> JsResult<()> {
    id.with(context, |record| {
        record.evaluation.async_order = Order::Done;
        record.status = Status::Evaluated;
    })?;
    settle(id, Ok(()), context)
}

/// `GatherAvailableAncestors`: the modules that waited for nothing else.
fn gather(id: Id, ready: &mut Vec<Id>, context: &Context) -> JsResult<()> {
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let parents = id.with(context, |record| record.evaluation.async_parents.clone())?;
        for parent in parents {
            let root = parent.with(context, |record| record.evaluation.cycle_root)?;
            let failed =
                root.unwrap_or(parent).with(context, |one| one.evaluation.error.is_some())?;
            if failed || ready.contains(&parent) {
                continue;
            }
            let (is_ready, is_async) = parent.with(context, |record| {
                record.evaluation.pending = record.evaluation.pending.saturating_sub(1);
                (record.evaluation.pending == 0, record.shape.is_async)
            })?;
            if is_ready {
                ready.push(parent);
                if !is_async {
                    open.push(parent);
                }
            }
        }
    }
    Ok(())
}

/// `AsyncModuleExecutionRejected`, for the modules that wait before the module itself.
fn rejected(id: Id, error: &JsError, context: &mut Context) -> JsResult<()> {
    let mut path: Path = Vec::new();
    if fail(id, error, context)? {
        path.push((id, 0));
    }
    while let Some((id, next)) = path.last_mut() {
        let (id, at) = (*id, *next);
        *next += 1;
        match id.with(context, |record| record.evaluation.async_parents.get(at).copied())? {
            Some(parent) if fail(parent, error, context)? => path.push((parent, 0)),
            Some(_) => {}
            None => {
                path.pop();
                settle(id, Err(error.clone()), context)?;
            }
        }
    }
    Ok(())
}

/// Notes that a module failed. False if it did before.
fn fail(id: Id, error: &JsError, context: &Context) -> JsResult<bool> {
    id.with(context, |record| {
        let is_new = record.status != Status::Evaluated;
        if is_new {
            record.evaluation.error = Some(error.clone());
            record.evaluation.async_order = Order::Done;
            record.status = Status::Evaluated;
        }
        is_new
    })
}

/// Settles the promise of a module's end, if there is one.
fn settle(id: Id, result: JsResult<()>, context: &mut Context) -> JsResult<()> {
    let capability = id.with(context, |record| record.evaluation.capability.clone())?;
    let Some((promise, functions)) = capability else { return Ok(()) };
    if !matches!(promise.state(), PromiseState::Pending) {
        return Ok(());
    }
    let undefined = JsValue::undefined();
    match result {
        Ok(()) => functions.resolve.call(&undefined, &[], context)?,
        Err(error) => {
            let reason = error.into_opaque(context)?;
            functions.reject.call(&undefined, &[reason], context)?
        }
    };
    Ok(())
}
