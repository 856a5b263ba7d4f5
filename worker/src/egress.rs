//! Egress: the outgoing HTTP calls and connections of functions.
//!
//! Sandboxes have no network, so the supervisor performs the calls of `fetch`, `http` and `https` in
//! the embedded engine. A call, and each redirect, goes only where the [`policy`] allows it. It ends
//! at its event's deadline, and its bodies are small enough to keep in memory. Calls use HTTP/1.1
//! only, as Node.js's own clients do.
//!
//! Programs of the machine (`node`, `python3`) open connections by themselves, to the [`proxy`] of
//! their sandbox, or over a [TUN device](tun). The same policy and limits apply to these, per
//! connection and not per request.

pub mod accounts;
mod call_connection;
mod call_error;
mod kept_connections;
mod leg;
mod lookup;
mod places;
pub mod policy;
pub mod proxy;
mod target;
mod tls;
pub mod tun;
mod tunnel;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::ext::ReasonPhrase;
use rustls::ClientConfig;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};

use brink_shared::registry::function::FunctionSettings;

use brink_frames::{CallError, CallRequest, CallResponse, CallResult, Redirect};
use call_connection::{Connection, Destination};
use kept_connections::Pool;
use leg::Leg;
pub use lookup::Resolver;
use policy::Policy;

/// Most bytes of all requests under way in one sandbox.
pub const CALL_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most redirects that are followed in one call, as in the Fetch standard.
const REDIRECTS_MAX: u32 = 20;

/// Largest request body, in bytes: Lambda's payload quota.
const REQUEST_MAX: usize = 6 * 1024 * 1024;

/// Largest response body, in bytes: the same.
const RESPONSE_MAX: usize = 6 * 1024 * 1024;

/// Tells whether the event of a call may still have effects.
pub type MayAct = Box<dyn Fn() -> bool>;

/// Performs the calls of one version. Cheap to clone.
///
/// Each version has its own connections and TLS sessions: a connection that was opened with the
/// permission of one function's policy must not serve another function.
#[derive(Clone)]
pub struct Egress {
    policy: Rc<Policy>,
    resolver: Resolver,
    pool: Rc<RefCell<Pool>>,
    tls: Rc<OnceCell<Arc<ClientConfig>>>,
}

// === impl Egress ===

impl Egress {
    /// For a version whose settings name these private hosts.
    pub fn new(private_hosts: &[String]) -> Self {
        Self::resolving(private_hosts, lookup::system())
    }

    /// For a version with these settings.
    pub fn of(settings: &FunctionSettings) -> Self {
        Self { policy: Rc::new(Policy::of(settings)), ..Self::new(&[]) }
    }

    /// The same, with another resolver than the system's.
    pub fn resolving(private_hosts: &[String], resolver: Resolver) -> Self {
        Self {
            policy: Rc::new(Policy::new(private_hosts)),
            resolver,
            pool: Rc::default(),
            tls: Rc::default(),
        }
    }

    /// The hosts that the settings and the role name, as `host` or `host:port`.
    pub fn named(&self) -> Vec<String> {
        self.policy.named()
    }

    /// Performs a call. Its time ends at `until`. `may_act` is asked just before a request is sent.
    pub async fn call(&self, request: CallRequest, until: Instant, may_act: MayAct) -> CallResult {
        let performed = timeout_at(until, self.follow(request, &may_act)).await;
        performed.unwrap_or_else(|_| {
            let why = "the event's time was over before the answer came";
            Err(CallError::new("ETIMEDOUT", why))
        })
    }

    async fn follow(&self, request: CallRequest, may_act: &MayAct) -> CallResult {
        if request.body.len() > REQUEST_MAX {
            return Err(call_error::too_large("request", REQUEST_MAX));
        }
        let redirect = request.redirect;
        let mut leg = Leg::new(request)?;
        for redirects in 0..=REDIRECTS_MAX {
            let (response, connection) = self.send(&leg, may_act).await?;
            let location = leg::location(&response).filter(|_| redirect != Redirect::Manual);
            let Some(location) = location else {
                return self.whole(response, connection, leg.url.to_string(), redirects > 0).await;
            };
            if redirect == Redirect::Error {
                return Err(CallError::new("ERR_REDIRECT", "unexpected redirect"));
            }
            leg.redirect(response.status(), &location)?;
        }
        Err(CallError::new("ERR_REDIRECT", "redirect count exceeded"))
    }

    async fn whole(
        &self,
        response: http::Response<Incoming>,
        connection: Connection,
        url: String,
        redirected: bool,
    ) -> CallResult {
        let (parts, body) = response.into_parts();
        if body.size_hint().lower() > RESPONSE_MAX as u64 {
            return Err(call_error::too_large("response", RESPONSE_MAX));
        }
        let body = match Limited::new(body, RESPONSE_MAX).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return Err(call_error::too_large("response", RESPONSE_MAX));
            }
            Err(error) => return Err(call_error::cut_off(&*error)),
        };
        let closes = parts.headers.get(header::CONNECTION).is_some_and(|value| value == "close");
        if !closes {
            self.pool.borrow_mut().put(connection);
        }
        let reason = match parts.extensions.get::<ReasonPhrase>() {
            Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
            None => parts.status.canonical_reason().unwrap_or_default().to_owned(),
        };
        Ok(CallResponse {
            status: parts.status.as_u16(),
            reason,
            url,
            redirected,
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), Bytes::copy_from_slice(value.as_bytes())))
                .collect(),
            body,
        })
    }

    async fn open(&self, destination: &Destination) -> Result<Connection, CallError> {
        let tls = if destination.secure {
            let config = self.tls.get_or_try_init(tls::config_of_one).await;
            let config = config.map_err(|e| CallError::new("ERR_TLS_SETUP", e.to_string()))?;
            Some(config.clone())
        } else {
            None
        };
        Connection::open(destination, &self.policy, &self.resolver, tls).await
    }

    /// Sends a request. If the connection from the pool turns out to be closed, sends it again on a
    /// new one.
    async fn send(
        &self,
        leg: &Leg,
        may_act: &MayAct,
    ) -> Result<(http::Response<Incoming>, Connection), CallError> {
        let destination = leg.destination()?;
        let Destination { host, port, .. } = &destination;
        self.policy.permits(host, *port).map_err(|why| call_error::unnamed(&why))?;
        if let Some(host) = leg.claimed_host() {
            // A server for many names could take the call for another name.
            self.policy.permits(host, *port).map_err(|why| call_error::unnamed(&why))?;
        }
        loop {
            let kept = self.pool.borrow_mut().take(&destination);
            let was_kept = kept.is_some();
            let mut connection = match kept {
                Some(connection) => connection,
                None => self.open(&destination).await?,
            };
            let request = leg.request()?;
            if !may_act() {
                return Err(call_error::given_up());
            }
            match connection.exchange(request).await {
                Ok(response) => return Ok((response, connection)),
                Err(error) if was_kept && leg.is_repeatable(&error) => {}
                Err(error) => return Err(call_error::of_exchange(&error)),
            }
        }
    }
}
