//! `console`: what the function writes becomes log frames, within a budget per event.
//!
//! Lines of plain values are written from here; a format or an object is for the platform's
//! `internal/console`, which is not loaded before it is needed.

use std::cell::Cell;

use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{
    Context, JsResult, JsString, JsSymbol, JsValue, JsVariant, NativeFunction, js_error, js_string,
};

use brink_shared::limits::LOG_SIZE;

use super::failure::cut;
use super::platform;
use super::session::Session;
use super::text::text;
use brink_frames::LogLevel;

/// Longest line, in bytes; more of it is cut off.
const LINE_MAX: usize = 64 * 1024;

/// What a line costs beside its text, so that empty lines are not free.
const LINE_COST: usize = 64;

/// What lies behind the methods that are not written here.
const MODULE: &str = "internal/console";

/// The class behind `console`, which is no method.
const CLASS: &str = "Console";

/// Every method in the order of Node.js, with its number of arguments, and the level of those that
/// write a line of their arguments. The platform's module has the others.
const METHODS: [(&str, usize, Option<LogLevel>); 25] = [
    ("log", 0, Some(LogLevel::Info)),
    ("warn", 0, Some(LogLevel::Warn)),
    ("dir", 0, None),
    ("time", 0, None),
    ("timeEnd", 0, None),
    ("timeLog", 0, None),
    ("trace", 0, None),
    ("assert", 0, None),
    ("clear", 0, None),
    ("count", 0, None),
    ("countReset", 0, None),
    ("group", 0, None),
    ("groupEnd", 0, None),
    ("table", 1, None),
    ("debug", 0, Some(LogLevel::Debug)),
    ("info", 0, Some(LogLevel::Info)),
    ("dirxml", 0, None),
    ("error", 0, Some(LogLevel::Error)),
    ("groupCollapsed", 0, None),
    (CLASS, 1, None),
    ("profile", 0, None),
    ("profileEnd", 0, None),
    ("timeStamp", 0, None),
    ("context", 1, None),
    ("createTask", 0, None),
];

/// How an environment's log stands.
#[derive(Debug)]
pub(super) struct Journal {
    /// What an event may log, in bytes.
    max: usize,
    /// What the event under way may still log.
    left: Cell<usize>,
    exhausted: Cell<bool>,
    /// Columns by which `console.group` indents.
    indent: Cell<usize>,
}

/// Whether a line may be logged.
enum Verdict {
    Write,
    /// No, and this is the first that is not.
    WriteNotice,
    Drop,
}

/// Makes the global `console`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = JsObject::with_object_proto(context.intrinsics());
    let mut console = ObjectInitializer::new(context);
    for (name, length, level) in METHODS {
        let call = NativeFunction::from_copy_closure(move |this, arguments, context| match level {
            Some(level) => log(name, level, arguments, context),
            None => call_module(name, this, arguments, context),
        });
        console.function(call, JsString::from(name), length);
    }
    console.property(JsSymbol::to_string_tag(), js_string!("console"), Attribute::CONFIGURABLE);
    let class = |_: &JsValue, _: &[JsValue], context: &mut Context| member(CLASS, context);
    let class = NativeFunction::from_fn_ptr(class).to_js_function(console.context().realm());
    console.accessor(
        JsString::from(CLASS),
        Some(class),
        None,
        Attribute::CONFIGURABLE | Attribute::ENUMERABLE,
    );
    let console = console.build();
    console.set_prototype(Some(prototype));
    enumerable(&console, context)?;
    let names = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    context.register_global_property(js_string!("console"), console, names)
}

/// Lists the methods, as Node.js does.
fn enumerable(console: &JsObject, context: &mut Context) -> JsResult<()> {
    for (name, _, _) in METHODS.iter().filter(|(name, _, _)| *name != CLASS) {
        let name = JsString::from(*name);
        let method = console.get(name.clone(), context)?;
        console.create_data_property_or_throw(name, method, context)?;
    }
    Ok(())
}

fn log(
    name: &'static str,
    level: LogLevel,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    if level < Session::of(context)?.load.bounds.log_level {
        return Ok(JsValue::undefined());
    }
    match plain_text(arguments) {
        Some(text) => write(level, text, context)?,
        None => {
            call_module(name, &JsValue::undefined(), arguments, context)?;
        }
    }
    Ok(JsValue::undefined())
}

/// What the platform's module exports under a name.
fn member(name: &str, context: &mut Context) -> JsResult<JsValue> {
    match platform::load(MODULE, context)?.as_object() {
        Some(module) => module.get(JsString::from(name), context),
        None => Ok(JsValue::undefined()),
    }
}

fn call_module(
    name: &'static str,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let method = member(name, context)?.as_callable();
    let method = method.ok_or_else(|| js_error!(Error: "console has no {}", name))?;
    method.call(this, arguments, context)
}

/// The text of values that need no inspection and no formatting.
fn plain_text(values: &[JsValue]) -> Option<String> {
    let mut line = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            line.push(' ');
        }
        match value.variant() {
            JsVariant::String(string) => {
                let string = text(string.as_str());
                if at == 0 && values.len() > 1 && string.contains('%') {
                    return None;
                }
                line.push_str(&string);
            }
            JsVariant::Null => line.push_str("null"),
            JsVariant::Undefined => line.push_str("undefined"),
            JsVariant::Boolean(value) => line.push_str(if value { "true" } else { "false" }),
            JsVariant::Integer32(number) => line.push_str(&number.to_string()),
            _ => return None,
        }
    }
    Some(line)
}

/// Logs a text, indented as `console.group` says.
pub(super) fn write(level: LogLevel, text: String, context: &Context) -> JsResult<()> {
    let session = Session::of(context)?;
    if level < session.load.bounds.log_level {
        return Ok(());
    }
    let journal = &session.console;
    let indent = journal.indent.get();
    let text = if indent > 0 {
        let margin = " ".repeat(indent);
        let lines = cut(text, LINE_MAX);
        format!("{margin}{}", lines.replace('\n', &format!("\n{margin}")))
    } else {
        text
    };
    let text = cut(text, LINE_MAX);
    let event = session.event.get();
    match journal.take(text.len()) {
        Verdict::Write => session.host.log(event, level, text),
        Verdict::WriteNotice => {
            let max = session.load.bounds.log_size;
            let exceeded = LOG_SIZE.exceeded(max, max);
            let notice = format!("log cut off: {} {exceeded}", session.load.name());
            session.host.log(event, LogLevel::Warn, notice);
        }
        Verdict::Drop => {}
    }
    Ok(())
}

// === impl Journal ===

impl Journal {
    /// A log that takes so many bytes of each event.
    pub(super) fn new(max: u64) -> Self {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        Self { max, left: Cell::new(max), exhausted: Cell::default(), indent: Cell::default() }
    }

    /// Turns to a new event.
    pub(super) fn refill(&self) {
        self.left.set(self.max);
        self.exhausted.set(false);
    }

    /// Indents lines by so many columns more, or less.
    pub(super) fn indent(&self, by: i32) {
        let indent = self.indent.get().saturating_add_signed(by as isize);
        self.indent.set(indent.min(1000));
    }

    fn take(&self, bytes: usize) -> Verdict {
        match self.left.get().checked_sub(bytes + LINE_COST) {
            Some(left) => {
                self.left.set(left);
                Verdict::Write
            }
            None if self.exhausted.replace(true) => Verdict::Drop,
            None => Verdict::WriteNotice,
        }
    }
}
