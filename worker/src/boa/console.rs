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

use super::failure::cut;
use super::platform;
use super::session::Session;
use crate::sandbox::frame::LogLevel;

/// Longest line, in bytes; more of it is cut off.
const LINE_MAX: usize = 64 * 1024;

/// Most log of one event, in bytes.
const EVENT_MAX: usize = 1024 * 1024;

/// What a line costs beside its text, so that empty lines are not free.
const LINE_COST: usize = 64;

/// What lies behind the methods that are not written here.
const MODULE: &str = "internal/console";

/// Methods that write a line.
const WRITERS: [(&str, LogLevel); 5] = [
    ("log", LogLevel::Info),
    ("warn", LogLevel::Warn),
    ("error", LogLevel::Error),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
];

/// Methods that the platform's module has, and their numbers of arguments.
const OTHERS: [(&str, usize); 18] = [
    ("dir", 0),
    ("time", 0),
    ("timeEnd", 0),
    ("timeLog", 0),
    ("trace", 0),
    ("assert", 0),
    ("clear", 0),
    ("count", 0),
    ("countReset", 0),
    ("group", 0),
    ("groupCollapsed", 0),
    ("groupEnd", 0),
    ("table", 1),
    ("dirxml", 0),
    ("profile", 0),
    ("profileEnd", 0),
    ("timeStamp", 0),
    ("context", 0),
];

/// How an environment's log stands.
#[derive(Debug)]
pub(super) struct Journal {
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
    for (name, level) in WRITERS {
        let call = NativeFunction::from_copy_closure(move |_, arguments, context| {
            log(name, level, arguments, context)
        });
        console.function(call, JsString::from(name), 0);
    }
    for (name, length) in OTHERS {
        let call = NativeFunction::from_copy_closure(move |this, arguments, context| {
            call_module(name, this, arguments, context)
        });
        console.function(call, JsString::from(name), length);
    }
    console.property(JsSymbol::to_string_tag(), js_string!("console"), Attribute::CONFIGURABLE);
    let console = console.build();
    console.set_prototype(Some(prototype));
    enumerable(&console, context)?;
    let names = Attribute::WRITABLE | Attribute::CONFIGURABLE;
    context.register_global_property(js_string!("console"), console, names)
}

/// Lists the methods, as Node.js does.
fn enumerable(console: &JsObject, context: &mut Context) -> JsResult<()> {
    let names = WRITERS.iter().map(|(name, _)| *name).chain(OTHERS.iter().map(|(name, _)| *name));
    for name in names {
        let name = JsString::from(name);
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
    match plain_text(arguments) {
        Some(text) => write(level, text, context)?,
        None => {
            call_module(name, &JsValue::undefined(), arguments, context)?;
        }
    }
    Ok(JsValue::undefined())
}

fn call_module(
    name: &'static str,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let module = platform::load(MODULE, context)?;
    let method = match module.as_object() {
        Some(module) => module.get(JsString::from(name), context)?,
        None => JsValue::undefined(),
    };
    let method = method.as_callable();
    let method = method.ok_or_else(|| js_error!(Error: "console has no {}", name))?;
    method.call(this, arguments, context)
}

/// The text of values that need no inspection and no formatting.
fn plain_text(values: &[JsValue]) -> Option<String> {
    let mut text = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        match value.variant() {
            JsVariant::String(string) => {
                let string = string.to_std_string_lossy();
                if at == 0 && values.len() > 1 && string.contains('%') {
                    return None;
                }
                text.push_str(&string);
            }
            JsVariant::Null => text.push_str("null"),
            JsVariant::Undefined => text.push_str("undefined"),
            JsVariant::Boolean(value) => text.push_str(if value { "true" } else { "false" }),
            JsVariant::Integer32(number) => text.push_str(&number.to_string()),
            _ => return None,
        }
    }
    Some(text)
}

/// Logs a text, indented as `console.group` says.
pub(super) fn write(level: LogLevel, text: String, context: &Context) -> JsResult<()> {
    let session = Session::of(context)?;
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
            let notice = format!("log cut off: more than {EVENT_MAX} bytes for one event");
            session.host.log(event, LogLevel::Warn, notice);
        }
        Verdict::Drop => {}
    }
    Ok(())
}

// === impl Journal ===

impl Default for Journal {
    fn default() -> Self {
        Self { left: Cell::new(EVENT_MAX), exhausted: Cell::default(), indent: Cell::default() }
    }
}

impl Journal {
    /// Turns to a new event.
    pub(super) fn refill(&self) {
        self.left.set(EVENT_MAX);
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
