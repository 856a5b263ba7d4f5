//! `brink logs`, and the lines that `dev` and `up` print while functions run.

mod requests;

use std::time::Duration;

use brink_frames::LogLevel;
use brink_shared::admin::{LogPage, ReadLogs};
use brink_shared::bus::Message;
use brink_shared::id::NodeId;
use brink_shared::iso8601;
use brink_shared::subject;
use brink_shared::wire::UnixMillis;
use brink_worker::logs::LogLine;
use serde::Serialize;
use serde_json::Value;

use crate::args::{Global, LogsArgs};
use crate::client::Client;
use crate::command_error::CommandError;
use crate::printing;
use crate::printing::Output;

/// How often new lines are asked for.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);

/// A line of a function's log, with the facts from its subject.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// `name:3`.
    pub function: String,
    /// The trigger.
    pub trigger: String,
    /// The time of the line.
    #[serde(with = "iso8601")]
    pub time: UnixMillis,
    /// The id of the viewer's request; empty while a version starts.
    pub request_id: String,
    /// The level of the line.
    pub level: LogLevel,
    /// The text that the function wrote, or the reason why it failed.
    pub text: String,
    /// The worker that ran the function.
    pub worker: NodeId,
}

/// Prints the chosen lines, oldest first.
pub async fn command(global: &Global, args: &LogsArgs) -> Result<(), CommandError> {
    if let Some(distribution) = &args.access {
        return requests::follow(global, args, distribution.as_ref()).await;
    }
    // The command line has a function or `--access`.
    let Some(function) = &args.function else { return Ok(()) };
    let client = Client::connect(global).await?;
    let mut request = ReadLogs { function: function.clone(), trigger: args.trigger, from: 1 };
    let mut follows = false;
    loop {
        let page: LogPage = match client.ask("logs", "read", &request).await {
            // The next look may find the connection or a worker again.
            Err(_) if follows => {
                tokio::time::sleep(FOLLOW_EVERY).await;
                continue;
            }
            page => page?,
        };
        follows = args.follow;
        for kept in page.lines {
            request.from = kept.number + 1;
            if let Some(entry) = Entry::of(&kept.subject, kept.line)
                && entry.is_chosen(args)
            {
                let printed = match global.output {
                    Output::Json => printing::json(&entry),
                    Output::Text => printing::line(entry.long()),
                };
                printed.map_err(CommandError::failed)?;
            }
        }
        match (page.more, args.follow) {
            (true, _) => {}
            (false, true) => tokio::time::sleep(FOLLOW_EVERY).await,
            (false, false) => return Ok(()),
        }
    }
}

// === impl Entry ===

impl Entry {
    /// Reads a message of the log stream; `None` for other messages.
    pub fn read(message: &Message) -> Option<Self> {
        Self::of(&message.subject, serde_json::from_slice(&message.payload).ok()?)
    }

    /// A line with this subject.
    fn of(subject: &str, line: Value) -> Option<Self> {
        let line: LogLine = serde_json::from_value(line).ok()?;
        let mut parts = subject.strip_prefix(subject::LOG_ALL.trim_end_matches('>'))?.split('.');
        let (name, number, trigger) = (parts.next()?, parts.next()?, parts.next()?);
        let LogLine { time_ms, request_id, level, text, worker } = line;
        Some(Self {
            function: format!("{name}:{number}"),
            trigger: trigger.to_owned(),
            time: UnixMillis(time_ms),
            request_id,
            level,
            text,
            worker,
        })
    }

    /// One line with all facts: time, function, trigger, request, level, text.
    pub fn long(&self) -> String {
        let time = iso8601::format(self.time);
        let request_id = printing::plain(&self.request_id);
        format!("{time} {} {} {request_id} {}", self.function, self.trigger, self.said())
    }

    /// One line for people who watch: function, trigger, level, text.
    pub fn short(&self) -> String {
        format!("{} {} {}", self.function, self.trigger, self.said())
    }

    fn said(&self) -> String {
        let text: Vec<_> = self.text.lines().map(printing::plain).collect();
        format!("{} {}", level(self.level), text.join("\n    "))
    }

    fn is_chosen(&self, args: &LogsArgs) -> bool {
        let level = !args.errors || self.level == LogLevel::Error;
        level && args.grep.as_ref().is_none_or(|text| self.text.contains(text))
    }
}

fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace => "TRACE",
        LogLevel::Debug => "DEBUG",
        LogLevel::Info => "INFO",
        LogLevel::Warn => "WARN",
        LogLevel::Error => "ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str, payload: &str) -> Message {
        Message {
            subject: subject.to_owned(),
            reply_to: None,
            payload: payload.to_owned().into(),
            no_responders: false,
            sender: None,
        }
    }

    #[test]
    fn a_line_is_told_with_its_function_and_cannot_steer_the_terminal() {
        let payload = r#"{"time_ms":0,"request_id":"r","level":"INFO","text":"a\u001b[2J\nb",
            "worker":"w"}"#;
        let entry = Entry::read(&message("brink.log.ab.3.viewer-request", payload)).unwrap();
        let json = serde_json::to_value(&entry).unwrap();
        assert_eq!(json["time"], "1970-01-01T00:00:00.000Z");
        assert_eq!(entry.short(), "ab:3 viewer-request INFO a\u{fffd}[2J\n    b");
        assert!(entry.long().starts_with("1970-01-01T00:00:00.000Z ab:3 viewer-request r INFO"));
        assert_eq!(Entry::read(&message("brink.log.ab.3.viewer-request", "{}")), None);
        assert_eq!(Entry::read(&message("brink.presence.x", payload)), None);
    }
}
