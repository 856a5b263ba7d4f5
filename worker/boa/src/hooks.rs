//! The hooks by which the engine asks its embedder.

use std::rc::Rc;

use boa_engine::builtins::promise::{OperationType, Promise};
use boa_engine::context::HostHooks;
use boa_engine::job::JobCallback;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::realm::Realm;
use boa_engine::{Context, Finalize, JsData, JsResult, JsString, JsValue, Trace, js_error};

use super::compiled;
use super::jobs::Jobs;
use super::natives;
use super::session::Session;

/// Largest `ArrayBuffer` while there is no version, in MB. Only the platform makes some then.
const BLANK_MB: u32 = 1;

/// The frame of a promise's reaction.
#[derive(Debug, Trace, Finalize, JsData)]
struct Frame(JsValue);

/// The hooks of one engine context.
pub(super) struct Hooks {
    /// Keeps rejected promises and the jobs.
    pub(super) jobs: Rc<Jobs>,
}

// === impl Hooks ===

impl HostHooks for Hooks {
    fn promise_rejection_tracker(
        &self,
        promise: &JsObject<Promise>,
        operation: OperationType,
        _: &mut Context,
    ) {
        self.jobs.rejections.note(promise, operation, &self.jobs.frame());
    }

    /// Notes the frame in which a reaction was attached.
    fn make_job_callback(&self, callback: JsFunction, context: &mut Context) -> JobCallback {
        self.jobs.progress.attached(&callback, context);
        let frame = self.jobs.frame();
        if frame.is_undefined() {
            return JobCallback::new(callback, ());
        }
        JobCallback::new(callback, Frame(frame))
    }

    /// Runs a reaction in its frame.
    fn call_job_callback(
        &self,
        job: &JobCallback,
        this: &JsValue,
        arguments: &[JsValue],
        context: &mut Context,
    ) -> JsResult<JsValue> {
        let frame = job.host_defined().downcast_ref::<Frame>();
        let frame = frame.map(|frame| frame.0.clone()).unwrap_or_default();
        let watch = self.jobs.watch_of(&frame);
        let before = self.jobs.set_frame(frame.clone());
        if let Some(watch) = &watch {
            watch.enter.call(&JsValue::undefined(), std::slice::from_ref(&frame), context)?;
        }
        let resumes = self.jobs.progress.resumes(job.callback());
        let called = job.callback().call(this, arguments, context);
        if resumes {
            self.jobs.progress.came_back();
        }
        if let Some(watch) = &watch {
            watch.leave.call(&JsValue::undefined(), &[frame], context)?;
        }
        self.jobs.set_frame(before);
        called
    }

    /// Functions see UTC, as on Lambda.
    fn local_timezone_offset_seconds(&self, _: i64) -> i32 {
        0
    }

    /// Largest `ArrayBuffer`, in bytes: the function's memory.
    fn max_buffer_size(&self, context: &mut Context) -> u64 {
        let memory_mb = Session::of(context).map_or(BLANK_MB, |session| session.load.memory_mb);
        u64::from(memory_mb) * 1024 * 1024
    }

    fn ensure_can_compile_strings(
        &self,
        _: Realm,
        parameters: &[JsString],
        body: &JsString,
        _: bool,
        context: &mut Context,
    ) -> JsResult<()> {
        if let Some(answer) = compiled::change_over(context) {
            return Err(answer);
        }
        if !natives::may_compile(parameters, body, context) {
            return Err(js_error!(Error: "this text was not rewritten for the engine"));
        }
        if let Ok(session) = Session::of(context) {
            let length = parameters.iter().map(JsString::len).sum::<usize>() + body.len();
            session.recycling.compiled(length);
        }
        Ok(())
    }
}
