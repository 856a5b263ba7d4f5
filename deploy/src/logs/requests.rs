//! `brink logs --access`: the requests of viewers as they come.
//!
//! Gateways send lines of the standard access log only while somebody asks for them. So this asks
//! every few seconds.

use brink_shared::access_log::{FOLLOW_EVERY, Follow, STANDARD_FIELDS};
use brink_shared::id::DistributionId;
use brink_shared::subject;
use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::time::MissedTickBehavior;

use crate::args::{Global, LogsArgs};
use crate::client::Client;
use crate::command_error::CommandError;
use crate::printing::{self, Output};

/// Messages that wait to be printed. Each has many lines.
const WAITING: usize = 1024;

/// One line of the standard log.
struct Request<'a>(Vec<&'a str>);

/// Prints requests until the connection to NATS ends.
pub(super) async fn follow(
    global: &Global,
    args: &LogsArgs,
    distribution: Option<&DistributionId>,
) -> Result<(), CommandError> {
    let subject = match distribution {
        Some(_) => subject::access_followed(distribution),
        None => subject::ACCESS_FOLLOWED_ALL.to_owned(),
    };
    let client = Client::connect(global).await?;
    let bus = client.bus();
    let subscribed = bus.subscribe(&subject, None, WAITING).await;
    let mut messages = subscribed.map_err(CommandError::failed)?;
    let asked = Follow { distribution: distribution.cloned() };
    let asked = Bytes::from(serde_json::to_vec(&asked).map_err(CommandError::failed)?);
    let mut asks = tokio::time::interval(FOLLOW_EVERY);
    asks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = asks.tick() => {
                // While there is no connection, this fails. It is tried again.
                let _ = bus.publish(subject::ACCESS_FOLLOW, None, asked.clone()).await;
            }
            message = messages.next() => match message {
                Some(message) => print(&message.payload, global, args)?,
                None => return Ok(()),
            }
        }
    }
}

fn print(lines: &[u8], global: &Global, args: &LogsArgs) -> Result<(), CommandError> {
    let text = String::from_utf8_lossy(lines);
    for line in text.lines() {
        let request = Request(line.split('\t').collect());
        if (args.errors && !request.failed())
            || args.grep.as_ref().is_some_and(|text| !line.contains(text))
        {
            continue;
        }
        let printed = match global.output {
            Output::Json => printing::json(&request.document()),
            Output::Text => printing::line(printing::plain(&request.short())),
        };
        printed.map_err(CommandError::failed)?;
    }
    Ok(())
}

// === impl Request ===

impl Request<'_> {
    /// All fields by name, as they are in the log.
    fn document(&self) -> Map<String, Value> {
        let fields = STANDARD_FIELDS.iter().zip(&self.0);
        fields.map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
    }

    /// `2026-11-30T14:05:09Z 200 GET shop.example/a?b Miss 1234 B 0.012 s 192.0.2.1`.
    fn short(&self) -> String {
        let query = match self.field("cs-uri-query") {
            "-" => String::new(),
            query => format!("?{query}"),
        };
        format!(
            "{}T{}Z {} {} {}{}{query} {} {} B {} s {}",
            self.field("date"),
            self.field("time"),
            self.field("sc-status"),
            self.field("cs-method"),
            self.field("x-host-header"),
            self.field("cs-uri-stem"),
            self.field("x-edge-detailed-result-type"),
            self.field("sc-bytes"),
            self.field("time-taken"),
            self.field("c-ip"),
        )
    }

    /// True for an error status, or if the viewer got no whole answer.
    fn failed(&self) -> bool {
        let status = self.field("sc-status").parse().unwrap_or(0_u16);
        status == 0 || status >= 400 || self.field("x-edge-result-type") == "Error"
    }

    /// A field by name; `-` if a newer gateway has left it out.
    fn field(&self, name: &str) -> &str {
        let index = STANDARD_FIELDS.iter().position(|known| *known == name);
        index.and_then(|index| self.0.get(index)).copied().unwrap_or("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_in_short_and_as_a_whole() {
        let mut values = vec!["-"; STANDARD_FIELDS.len()];
        for (name, value) in [
            ("date", "2026-11-30"),
            ("time", "14:05:09"),
            ("sc-status", "404"),
            ("cs-method", "GET"),
            ("x-host-header", "shop.example"),
            ("cs-uri-stem", "/a"),
            ("cs-uri-query", "b"),
            ("x-edge-detailed-result-type", "Error"),
            ("sc-bytes", "512"),
            ("time-taken", "0.012"),
            ("c-ip", "192.0.2.1"),
        ] {
            values[STANDARD_FIELDS.iter().position(|known| *known == name).unwrap()] = value;
        }
        let request = Request(values);
        assert_eq!(
            request.short(),
            "2026-11-30T14:05:09Z 404 GET shop.example/a?b Error 512 B 0.012 s 192.0.2.1"
        );
        assert!(request.failed());
        assert_eq!(request.document().len(), 33);
        assert_eq!(request.document()["sc-status"], "404");
    }
}
