//! `brink run`: events through a real sandbox, without a cluster.

use std::collections::HashMap;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::time::{Duration, Instant};

use brink_shared::admin::InvokeReport;
use brink_shared::event::event_from_json;
use brink_shared::wire::{Failure, FailureKind, Payload, Run};
use brink_worker::runner::Runner;
use serde_json::Value;

use crate::args::RunArgs;
use crate::failure::CommandError;
use crate::secrets::SecretSource;
use crate::{bundle_files, events_file, sandbox_program};

/// Longest that printed lines wait for more.
const FLUSH_AFTER: Duration = Duration::from_millis(100);

/// Name of the function where it has none.
const NAME: &str = "run";

/// Standard output, written in large pieces and never long after the fact.
struct Lines {
    out: BufWriter<StdoutLock<'static>>,
    flushed: Instant,
}

/// Runs every event, one after the other, and prints a line for each. A function that cannot
/// start is this command's failure; an event that fails is a result.
pub async fn command(
    args: &RunArgs,
    environment: HashMap<String, String>,
) -> Result<(), CommandError> {
    let settings = args.settings.settings(&args.path).map_err(CommandError::usage)?;
    let given = SecretSource::read(&args.secrets.secret, environment);
    let secrets = given.and_then(|given| given.values(&given.names().cloned().collect()));
    let secrets = secrets.map_err(CommandError::usage)?;
    let files = bundle_files::read(&args.path).map_err(CommandError::failed)?;
    files.warn();
    let events = events_file::read(&args.events)?;
    let program = sandbox_program().map_err(CommandError::failed)?;
    let mut lines = Lines::new();
    let runner = match Runner::start(&program, NAME, &settings, secrets, files.bundle).await {
        Ok(runner) => runner,
        Err(failure) => {
            for _ in &events {
                let report = InvokeReport::failed(failure.clone(), Vec::new(), Run::default());
                lines.print(&report).map_err(CommandError::failed)?;
            }
            lines.end().map_err(CommandError::failed)?;
            let Failure { error_type, message, .. } = failure;
            let why = format!("the function cannot start: {error_type}: {message}");
            return Err(CommandError::failed(why));
        }
    };
    let printed = run(&runner, args, settings.timeout, events, &mut lines).await;
    runner.stop().await;
    printed.and_then(|()| lines.end()).map_err(CommandError::failed)
}

async fn run(
    runner: &Runner,
    args: &RunArgs,
    timeout: Duration,
    events: Vec<Value>,
    lines: &mut Lines,
) -> io::Result<()> {
    for (index, event) in events.into_iter().enumerate() {
        lines.print(&one(runner, args, timeout, index, &event).await)?;
    }
    Ok(())
}

async fn one(
    runner: &Runner,
    args: &RunArgs,
    timeout: Duration,
    index: usize,
    event: &Value,
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
        Ok(value) => InvokeReport::returned(value, invoked.logs, invoked.run),
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

// === impl Lines ===

impl Lines {
    fn new() -> Self {
        Self { out: BufWriter::new(io::stdout().lock()), flushed: Instant::now() }
    }

    fn print(&mut self, report: &InvokeReport) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, report)?;
        self.out.write_all(b"\n")?;
        if self.flushed.elapsed() > FLUSH_AFTER {
            self.end()?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        self.out.flush()
    }
}
