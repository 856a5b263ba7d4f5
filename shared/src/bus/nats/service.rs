//! Services for NATS micro (ADR-32): `nats micro ls` and `nats micro info` show them.
//!
//! The endpoints' statistics stay at zero, because answers are published on the bus like any other
//! message. Brink's own metrics count them.

use async_nats::Message;
use async_nats::service::{Service, ServiceExt};
use futures_util::stream::{BoxStream, select_all};
use futures_util::{FutureExt, Stream, StreamExt};

use super::connection::Connection;
use super::inbound::Inbound;
use crate::bus::{BusError, SERVICE_BACKLOG, ServiceRequests, ServiceSpec, Subscription};

/// Ends the library's task. Dropping the library's handle does not end it.
struct Registered(Option<Service>);

// === impl Registered ===

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(service) = self.0.take() {
            // Ready at once: it gives notice and does not wait.
            let _ = service.stop().now_or_never();
        }
    }
}

/// Registers a service and subscribes to its endpoints.
pub(super) async fn serve(
    connection: &Connection,
    spec: ServiceSpec,
) -> Result<ServiceRequests, BusError> {
    spec.check()?;
    let what = format!("register the service {}", spec.name);
    let builder = connection.client.service_builder().description(spec.description);
    let started = builder.start(spec.name, spec.version).map(|done| done.map_err(Failed));
    let service = connection.enqueue(&what, started).await?;
    let mut endpoints = Vec::new();
    for (endpoint, subject) in spec.endpoints {
        let added = service.endpoint_builder().name(endpoint).add(subject);
        let added = connection.enqueue(&what, added.map(|done| done.map_err(Failed))).await?;
        let messages: BoxStream<'static, Message> = added.map(|request| request.message).boxed();
        endpoints.push(Inbound::new(messages, SERVICE_BACKLOG, connection.closed.clone()));
    }
    let requests = registered(select_all(endpoints), Registered(Some(service)));
    Ok(ServiceRequests::new(Subscription::new(requests)))
}

fn registered<S: Stream>(requests: S, service: Registered) -> impl Stream<Item = S::Item> {
    requests.map(move |request| {
        let _ = &service;
        request
    })
}

/// The library's untyped error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failed(async_nats::Error);
