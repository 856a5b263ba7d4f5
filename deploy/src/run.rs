//! `brink run`: runs events in a real sandbox, without a cluster.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::time::{Duration, Instant};

use brink_shared::admin::InvokeReport;
use brink_shared::contract::{self, Strictness};
use brink_shared::event::{Event, event_from_json};
use brink_shared::limits::VIEWER_TIMEOUT_MAX;
use brink_shared::wire::{Failure, FailureKind, Payload, Run};
use brink_worker::SandboxProgram;
use brink_worker::runner::Runner;
use serde_json::Value;

use crate::args::RunArgs;
use crate::command_error::CommandError;
use crate::project::{Found, ProjectFunction};
use crate::secrets::SecretSource;
use crate::{bundle_files, events_file, printing, rejected};

/// How long printed lines wait at most until they are flushed.
const FLUSH_AFTER: Duration = Duration::from_millis(100);

/// Name of the function if it has none.
const NAME: &str = "run";

/// Most different warnings of one run.
const WARNINGS_MAX: usize = 100;

/// Standard output, written in large pieces but without long delays.
struct Lines {
    out: BufWriter<StdoutLock<'static>>,
    flushed: Instant,
}

/// The warnings that were printed already.
#[derive(Default)]
struct Warnings(HashSet<String>);

/// Runs every event, one after the other, and prints a line for each. It fails if the function
/// cannot start, or if an event failed.
pub async fn command(
    args: &RunArgs,
    environment: HashMap<String, String>,
) -> Result<(), CommandError> {
    let ProjectFunction { source, mut settings } = described(args)?;
    let given = SecretSource::read(&args.secrets.secret, environment);
    let given = given.map_err(CommandError::usage)?;
    settings.secrets.extend(given.names().cloned());
    let secrets = given.values(&settings.secrets).map_err(CommandError::usage)?;
    let files = bundle_files::read(&source, settings.runtime.runtime, &settings.handler)
        .map_err(CommandError::failed)?;
    files.tell();
    rejected::reject(&settings, &files.bundle)?;
    settings.handler.clone_from(&files.handler);
    let events = events_file::read(&args.events)?;
    if events.is_empty() {
        eprintln!("note: {} has no events", args.events.display());
    }
    let program = SandboxProgram::current().map_err(CommandError::failed)?;
    let chosen =
        program.interpreters().choose(settings.runtime).await.map_err(CommandError::failed)?;
    chosen.warning.iter().for_each(|warning| rejected::warn(warning));
    let mut lines = Lines::new();
    let bundle = files.bundle.clone();
    let runner = match Runner::start(&program, NAME, &settings, secrets, bundle).await {
        Ok(runner) => runner,
        Err(failure) => {
            for _ in &events {
                let report = InvokeReport::failed(failure.clone(), Vec::new(), Run::default());
                lines.print(&report).map_err(CommandError::failed)?;
            }
            lines.end().map_err(CommandError::failed)?;
            let Failure { error_type, message, .. } = failure;
            let other = || rejected::advice(&settings, &message).map(str::to_owned);
            let advice = files.advice(&message).or_else(other);
            let advice = advice.map(|advice| format!("\n({advice})")).unwrap_or_default();
            let why = format!("the function cannot start: {error_type}: {message}{advice}");
            return Err(CommandError::printed(why));
        }
    };
    let count = events.len();
    let ran = run(&runner, args, settings.timeout, events, &mut lines).await;
    runner.stop().await;
    let failures = ran.and_then(|failures| lines.end().map(|()| failures));
    let failures = failures.map_err(CommandError::failed)?;
    if failures.is_empty() {
        return Ok(());
    }
    let advice = failures.iter().find_map(|message| {
        let other = || rejected::advice(&settings, message).map(str::to_owned);
        files.advice(message).or_else(other)
    });
    let advice = advice.map(|advice| format!("\n({advice})")).unwrap_or_default();
    let events = printing::counted(count, "event");
    Err(CommandError::printed(format!("{} of {events} failed{advice}", failures.len())))
}

/// The function as its project or the options describe it.
fn described(args: &RunArgs) -> Result<ProjectFunction, CommandError> {
    let found = Found::at(&args.path, args.function.as_ref())?;
    let Some(Found { file, name, function }) = found else {
        let settings = args.settings.settings(&args.path);
        return Ok(ProjectFunction { source: args.path.clone(), settings });
    };
    eprintln!("note: runs as the function {name} of {}", file.display());
    let settings = args.settings.over(function.settings);
    Ok(ProjectFunction { source: function.source, settings })
}

/// Runs the events; the messages of those that failed.
async fn run(
    runner: &Runner,
    args: &RunArgs,
    timeout: Duration,
    events: Vec<Value>,
    lines: &mut Lines,
) -> io::Result<Vec<String>> {
    let mut failures = Vec::new();
    let mut warnings = Warnings::default();
    for (index, event) in events.into_iter().enumerate() {
        let report = one(runner, args, timeout, index, &event, &mut warnings).await;
        lines.print(&report)?;
        failures.extend(report.error.map(|error| error.error_message));
    }
    Ok(failures)
}

async fn one(
    runner: &Runner,
    args: &RunArgs,
    timeout: Duration,
    index: usize,
    event: &Value,
    warnings: &mut Warnings,
) -> InvokeReport {
    let read = if args.raw { None } else { Some(event_from_json(event)) };
    let read = match read.transpose() {
        Ok(read) => read,
        Err(error) => {
            let why = format!("{error} (--raw runs any JSON)");
            return InvokeReport::failed(invalid("InvalidEvent", why), Vec::new(), Run::default());
        }
    };
    let request_id = event
        .pointer("/Records/0/cf/config/requestId")
        .and_then(Value::as_str)
        .map_or_else(|| format!("event-{}", index + 1), str::to_owned);
    let payload = Payload::Json(event.to_string().into());
    let invoked = runner.invoke(payload, request_id, timeout, args.fresh).await;
    match invoked.value(read.as_ref()) {
        Ok(value) => {
            if let Some(event) = &read {
                warnings.of(event, &value, timeout);
            }
            InvokeReport::returned(value, invoked.logs, invoked.run)
        }
        Err(failure) => InvokeReport::failed(failure, invoked.logs, invoked.run),
    }
}

fn invalid(error_type: &str, message: String) -> Failure {
    Failure {
        kind: FailureKind::Validation,
        error_type: error_type.to_owned(),
        message,
        stack: Vec::new(),
    }
}

// === impl Warnings ===

impl Warnings {
    /// Prints the warnings about this event, each text once.
    fn of(&mut self, event: &Event, returned: &Value, timeout: Duration) {
        let trigger = event.config.event_type;
        if trigger.is_viewer() && timeout > VIEWER_TIMEOUT_MAX {
            self.tell(format!(
                "the timeout is {timeout:?}, but at {trigger} a function is ended after \
                 {VIEWER_TIMEOUT_MAX:?}"
            ));
        }
        if let Ok(outcome) = contract::read(event, returned, Strictness::Strict) {
            contract::warnings(&outcome).into_iter().for_each(|warning| self.tell(warning));
        }
    }

    fn tell(&mut self, warning: String) {
        if self.0.len() < WARNINGS_MAX && !self.0.contains(&warning) {
            eprintln!("warning: {}", printing::plain(&warning));
            self.0.insert(warning);
        }
    }
}

// === impl Lines ===

impl Lines {
    fn new() -> Self {
        Self { out: BufWriter::new(io::stdout().lock()), flushed: Instant::now() }
    }

    fn print(&mut self, report: &InvokeReport) -> io::Result<()> {
        let line = serde_json::to_string(report)?;
        printing::ignore_closed(writeln!(self.out, "{line}"))?;
        if self.flushed.elapsed() > FLUSH_AFTER {
            self.end()?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        printing::ignore_closed(self.out.flush())
    }
}
