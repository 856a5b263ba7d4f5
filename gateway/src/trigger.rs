//! Runs the function of one trigger and reads the returned value.

use std::sync::Arc;
use std::time::Instant;

use metrics::Label;

use brink_shared::contract::header_rules::{hidden, visible};
use brink_shared::contract::{self, Outcome, Strictness};
use brink_shared::event::{Event, EventConfig, Headers, Request, Response, Trigger};
use brink_shared::registry::distribution::OnError;
use brink_shared::wire::{self, FailureKind};

use crate::error_answer::FunctionFault;
use crate::invoker::{Call, Invoker};
use crate::octets::{restored, shown_headers};
use crate::routing::{Route, RoutedBehavior, RoutedFunction};
use crate::warn_limit::WarnLimit;

/// Warnings of functions that failed.
static FAILURES: WarnLimit = WarnLimit::new();

/// The context in which one viewer request runs its functions.
pub struct Triggers<'a> {
    /// Sends events to workers.
    pub invoker: &'a Invoker,
    /// The distribution.
    pub route: &'a Arc<Route>,
    /// The behavior.
    pub behavior: &'a Arc<RoutedBehavior>,
    /// The viewer request's id.
    pub request_id: &'a str,
}

// === impl Triggers ===

impl Triggers<'_> {
    /// Runs the function of a trigger. `None` if there is none, or if it failed and its association
    /// lets the request go on.
    pub async fn run(
        &self,
        trigger: Trigger,
        request: &Request,
        response: Option<&Response>,
    ) -> Result<Option<Outcome>, FunctionFault> {
        let Some(function) = self.behavior.function(trigger) else {
            return Ok(None);
        };
        let event = self.event(trigger, request, response);
        let started = Instant::now();
        let ended = self.invoke(function, &event).await;
        let outcome = match &ended {
            Ok(_) => "ok",
            Err(fault) => fault.kind.as_str(),
        };
        let labels = [
            Label::new("function", function.function_label.clone()),
            Label::new("version", function.version_label.clone()),
            Label::from_static_parts("trigger", trigger.as_str()),
            Label::from_static_parts("outcome", outcome),
        ];
        let labels = labels.to_vec();
        metrics::counter!("brink_gateway_invocations_total", labels.clone()).increment(1);
        metrics::histogram!("brink_gateway_invocation_seconds", labels)
            .record(started.elapsed().as_secs_f64());
        match ended {
            Ok(outcome) => Ok(Some(unhide(outcome, request, response))),
            Err(fault) => {
                let (request_id, version) = (self.request_id, &fault.version);
                let subject = format!("{version} {}", fault.kind.as_str());
                if let Some(left_out) = FAILURES.admit(&subject) {
                    tracing::warn!(request_id, %version, %trigger, kind = fault.kind.as_str(),
                        on_error = ?function.on_error, left_out, reason = fault.reason,
                        "function failed");
                }
                match function.on_error {
                    OnError::Fail => Err(fault),
                    OnError::Continue => Ok(None),
                }
            }
        }
    }

    /// Functions never see the disallowed headers (`contract.md` 4.1), and the others as text (2.7).
    fn event(&self, trigger: Trigger, request: &Request, response: Option<&Response>) -> Event {
        Event {
            config: EventConfig {
                distribution_domain_name: self.route.domain_name.clone(),
                distribution_id: self.route.id.to_string(),
                event_type: trigger,
                request_id: self.request_id.to_owned(),
            },
            request: Request {
                client_ip: request.client_ip,
                method: request.method.clone(),
                uri: request.uri.clone(),
                querystring: request.querystring.clone(),
                headers: shown_headers(&visible(&request.headers)),
                body: request.body.clone(),
                origin: request.origin.clone(),
            },
            response: response.map(|response| Response {
                status: response.status,
                status_description: response.status_description.clone(),
                headers: shown_headers(&visible(&response.headers)),
            }),
        }
    }

    async fn invoke(
        &self,
        function: &RoutedFunction,
        event: &Event,
    ) -> Result<Outcome, FunctionFault> {
        let trigger = event.config.event_type;
        let fault = |kind, throttled, reason: String| FunctionFault {
            trigger,
            version: function.version.clone(),
            kind,
            throttled,
            reason,
        };
        let bytes = wire::encode_value(event)
            .map_err(|error| fault(FailureKind::Execution, false, error.to_string()))?;
        let call = Call {
            version: function.version.clone(),
            runtime: function.runtime,
            trigger,
            request_id: self.request_id.to_owned(),
            until: self.invoker.waits_until(function.timeout),
            event: bytes,
            repeatable: matches!(event.request.method.as_str(), "GET" | "HEAD" | "OPTIONS"),
        };
        let returned = self
            .invoker
            .invoke(&call)
            .await
            .map_err(|error| fault(error.kind(), error.is_throttle(), error.to_string()))?;
        let value: serde_json::Value = wire::decode_value(&returned.value).map_err(|error| {
            fault(FailureKind::Validation, false, format!("the returned value is invalid: {error}"))
        })?;
        contract::read(event, &value, Strictness::Compatible)
            .map_err(|error| fault(FailureKind::Validation, false, error.to_string()))
    }
}

/// Puts back the headers that the function did not see, and the original bytes of the headers that
/// it saw as another text.
fn unhide(outcome: Outcome, request: &Request, response: Option<&Response>) -> Outcome {
    let restore = |headers: &mut Headers, from: &Headers| {
        *headers = restored(std::mem::take(headers), from);
        for header in hidden(from) {
            headers.append(header.key.as_str(), header.value.as_str());
        }
    };
    match outcome {
        Outcome::Request(mut changed) => {
            restore(&mut changed.headers, &request.headers);
            Outcome::Request(changed)
        }
        Outcome::Response(mut changed) => {
            match response {
                Some(response) => restore(&mut changed.headers, &response.headers),
                None => restore(&mut changed.headers, &Headers::new()),
            }
            Outcome::Response(changed)
        }
    }
}
