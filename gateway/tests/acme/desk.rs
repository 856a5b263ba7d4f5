//! The desk of an authority that follows RFC 8555: it checks nonces, signatures and requests for
//! certificates, fetches the answers to challenges, and issues certificates.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use parking_lot::Mutex;
use serde_json::{Value, json};

use brink_testing::certificates::Authority as Issuer;
use brink_testing::exchange;

use crate::authority::{Breaks, EXTERNAL_KEY, Order, State};
use crate::signed::{Signed, requested, thumbprint};

type Answer = Response<Full<Bytes>>;

/// Answers requests.
#[derive(Clone)]
pub struct Desk {
    pub address: SocketAddr,
    pub state: Arc<Mutex<State>>,
    pub issuer: Arc<Issuer>,
}

/// A problem document.
struct Problem {
    status: u16,
    kind: &'static str,
    detail: String,
    retry_after: Option<u64>,
}

fn problem(status: u16, kind: &'static str, detail: impl Into<String>) -> Problem {
    Problem { status, kind, detail: detail.into(), retry_after: None }
}

impl Desk {
    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    pub async fn answer(&self, request: Request<Incoming>) -> Answer {
        let breaks = self.state.lock().conduct.breaks;
        match breaks {
            Some(Breaks::Silent) => std::future::pending().await,
            Some(Breaks::Garbage) => return Response::new("<html>\u{0}".into()),
            Some(Breaks::Failing) => {
                let problem = problem(503, "serverInternal", "down for a while");
                return self.with_nonce(Self::report(&problem));
            }
            None => {}
        }
        let path = request.uri().path().to_owned();
        let answer = match (request.method(), path.as_str()) {
            (&Method::GET, "/directory") => return json_answer(200, &self.directory()),
            (&Method::HEAD, "/nonce") => Response::new(Full::default()),
            (&Method::GET, _) if path.starts_with("/renewal/") => return self.window(&path),
            (&Method::POST, _) => {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                self.post(&path, &body).await.unwrap_or_else(|problem| Self::report(&problem))
            }
            _ => Self::report(&problem(404, "malformed", "no such place")),
        };
        self.with_nonce(answer)
    }

    fn directory(&self) -> Value {
        let mut directory = json!({
            "newNonce": self.url("/nonce"), "newAccount": self.url("/account"),
            "newOrder": self.url("/order"),
        });
        if self.state.lock().conduct.window.is_some() {
            directory["renewalInfo"] = json!(self.url("/renewal"));
        }
        directory
    }

    fn window(&self, path: &str) -> Answer {
        let mut state = self.state.lock();
        state.asked_for_windows.push(path.trim_start_matches("/renewal/").to_owned());
        let Some((start, end)) = state.conduct.window else {
            return Self::report(&problem(404, "malformed", "no such place"));
        };
        let date = |seconds: u64| {
            let time = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
            humantime::format_rfc3339_seconds(time).to_string()
        };
        let window = json!({"suggestedWindow": {"start": date(start), "end": date(end)}});
        let mut answer = json_answer(200, &window);
        answer.headers_mut().insert("Retry-After", "3600".parse().unwrap());
        answer
    }

    /// Checks a signed request, and does what it asks for.
    async fn post(&self, path: &str, body: &[u8]) -> Result<Answer, Problem> {
        let malformed = |why: String| problem(400, "malformed", why);
        let signed = Signed::read(body).map_err(malformed)?;
        let nonce = signed.header["nonce"].as_str().unwrap_or_default().to_owned();
        let (account, jwk) = {
            let mut state = self.state.lock();
            let is_known = state.nonces.remove(&nonce);
            if !is_known || state.conduct.bad_nonces > 0 {
                state.conduct.bad_nonces = state.conduct.bad_nonces.saturating_sub(1);
                return Err(problem(400, "badNonce", "another nonce, please"));
            }
            match signed.header["kid"].as_str() {
                None => (None, signed.header["jwk"].clone()),
                Some(kid) => {
                    let (jwk, _) = state
                        .accounts
                        .get(kid)
                        .ok_or_else(|| problem(400, "accountDoesNotExist", "who are you?"))?;
                    (Some(kid.to_owned()), jwk.clone())
                }
            }
        };
        if signed.header["url"] != self.url(path) {
            return Err(problem(400, "unauthorized", "the URL is another one"));
        }
        signed.verify(&jwk).map_err(malformed)?;
        match (path, account) {
            ("/account", None) => self.new_account(&signed, jwk),
            ("/order", Some(account)) => self.new_order(&signed, account),
            (_, Some(account)) => self.at_order(path, &signed, &account, &jwk).await,
            _ => Err(problem(403, "unauthorized", "an account is needed")),
        }
    }

    fn new_account(&self, signed: &Signed, jwk: Value) -> Result<Answer, Problem> {
        let payload: Value = serde_json::from_slice(&signed.payload).unwrap();
        if payload["termsOfServiceAgreed"] != true {
            return Err(problem(403, "userActionRequired", "agree to the terms"));
        }
        let wants_binding = self.state.lock().conduct.wants_binding;
        if wants_binding {
            let bound = signed.bound_to(&jwk, EXTERNAL_KEY);
            let id = bound.map_err(|why| problem(403, "externalAccountRequired", why))?;
            self.state.lock().bindings.push(id);
        }
        let mut state = self.state.lock();
        state.next += 1;
        let url = self.url(&format!("/account/{}", state.next));
        state.accounts.insert(url.clone(), (jwk, payload));
        let mut answer = json_answer(201, &json!({"status": "valid"}));
        answer.headers_mut().insert("Location", url.parse().unwrap());
        Ok(answer)
    }

    fn new_order(&self, signed: &Signed, account: String) -> Result<Answer, Problem> {
        let payload: Value = serde_json::from_slice(&signed.payload).unwrap();
        let mut state = self.state.lock();
        if let Some(seconds) = state.conduct.limits_orders {
            let retry_after = Some(seconds);
            let limited = problem(429, "rateLimited", "too many orders");
            return Err(Problem { retry_after, ..limited });
        }
        let identifiers = payload["identifiers"].as_array().unwrap();
        assert_eq!(identifiers.len(), 1);
        let name = identifiers[0]["value"].as_str().unwrap().to_owned();
        if name.ends_with(".rejected") {
            return Err(problem(400, "rejectedIdentifier", format!("{name} is not allowed")));
        }
        // Like other authorities, it goes on with an order that is not finished.
        let open = state.orders.iter().position(|order| {
            order.account == account && order.name == name && order.status == "pending"
        });
        let number = open.unwrap_or_else(|| {
            let processing = state.conduct.processes;
            let token = HEXLOWER.encode(&rand::random::<[u8; 16]>());
            state.orders.push(Order {
                account,
                name,
                token,
                status: "pending",
                replaces: payload["replaces"].as_str().map(str::to_owned),
                problem: None,
                processing,
                certificate: None,
            });
            state.orders.len() - 1
        });
        let mut answer = json_answer(201, &self.order(number, &state.orders[number]));
        let url = self.url(&format!("/order/{number}"));
        answer.headers_mut().insert("Location", url.parse().unwrap());
        Ok(answer)
    }

    fn order(&self, number: usize, order: &Order) -> Value {
        let mut shown = json!({
            "status": order.status,
            "identifiers": [{"type": "dns", "value": order.name}],
            "authorizations": [self.url(&format!("/authorization/{number}"))],
            "finalize": self.url(&format!("/finalize/{number}")),
        });
        if order.certificate.is_some() {
            shown["certificate"] = json!(self.url(&format!("/certificate/{number}")));
        }
        if let Some(replaces) = &order.replaces {
            shown["replaces"] = json!(replaces);
        }
        shown
    }

    fn challenge(&self, number: usize, order: &Order) -> Value {
        let status = match order.status {
            "pending" | "invalid" => order.status,
            _ => "valid",
        };
        json!({
            "type": "http-01", "url": self.url(&format!("/challenge/{number}")),
            "token": order.token, "status": status, "error": order.problem,
        })
    }

    async fn at_order(
        &self,
        path: &str,
        signed: &Signed,
        account: &str,
        jwk: &Value,
    ) -> Result<Answer, Problem> {
        let unknown = || problem(404, "malformed", "no such place");
        let (what, number) = path[1..].split_once('/').ok_or_else(unknown)?;
        let number: usize = number.parse().map_err(|_| unknown())?;
        let order = self.state.lock().orders.get(number).cloned().ok_or_else(unknown)?;
        if order.account != account {
            return Err(problem(403, "unauthorized", "the order of another account"));
        }
        match what {
            "order" => {
                let mut state = self.state.lock();
                let order = &mut state.orders[number];
                if order.status == "processing" {
                    order.processing = order.processing.saturating_sub(1);
                    if order.processing == 0 {
                        order.status = "valid";
                    }
                }
                Ok(json_answer(200, &self.order(number, &state.orders[number])))
            }
            "authorization" => {
                let challenge = self.challenge(number, &order);
                // Challenges of other kinds have other fields.
                let others =
                    json!({"type": "dns-persist-01", "url": "https://x.test", "status": "pending"});
                Ok(json_answer(
                    200,
                    &json!({
                        "status": challenge["status"],
                        "identifier": {"type": "dns", "value": order.name},
                        "challenges": [others, challenge],
                    }),
                ))
            }
            "challenge" => {
                if order.status == "pending" && signed.payload == b"{}" {
                    self.validate(number, &order, jwk).await;
                }
                let order = self.state.lock().orders[number].clone();
                Ok(json_answer(200, &self.challenge(number, &order)))
            }
            "finalize" => self.finalize(number, &order, &signed.payload),
            "certificate" => {
                let chain = order.certificate.ok_or_else(unknown)?;
                Ok(Response::new(chain.into()))
            }
            _ => Err(unknown()),
        }
    }

    /// Fetches the answer to the challenge over plain HTTP (RFC 8555, 8.3).
    async fn validate(&self, number: usize, order: &Order, jwk: &Value) {
        let conduct = self.state.lock().conduct.clone();
        if conduct.holds_validations {
            std::future::pending::<()>().await;
        }
        let path = format!("/.well-known/acme-challenge/{}", order.token);
        let expected = format!("{}.{}", order.token, thumbprint(jwk));
        let conduct = self.state.lock().conduct.clone();
        let found = match conduct.validates_at {
            None => Err("the name has no address".to_owned()),
            Some(address) => {
                let mut request = exchange::request("GET", &path, "");
                request.headers_mut().insert("Host", order.name.parse().unwrap());
                let answer = exchange::exchange(address, request).await;
                self.state.lock().validations.push(address);
                let body = String::from_utf8_lossy(answer.body()).into_owned();
                match answer.status() == StatusCode::OK && body == expected {
                    true => Ok(()),
                    false => Err(format!("got {} {body}", answer.status())),
                }
            }
        };
        let mut state = self.state.lock();
        let order = &mut state.orders[number];
        match found {
            Ok(()) => order.status = "ready",
            Err(why) => {
                order.status = "invalid";
                let kind = "urn:ietf:params:acme:error:unauthorized";
                order.problem = Some(json!({"type": kind, "detail": why, "status": 403}));
            }
        }
    }

    fn finalize(&self, number: usize, order: &Order, payload: &[u8]) -> Result<Answer, Problem> {
        if order.status != "ready" {
            return Err(problem(403, "orderNotReady", order.status));
        }
        let payload: Value = serde_json::from_slice(payload).unwrap();
        let csr = BASE64URL_NOPAD.decode(payload["csr"].as_str().unwrap().as_bytes()).unwrap();
        let (names, key) = requested(&csr).map_err(|why| problem(400, "badCSR", why))?;
        if names != [order.name.clone()] {
            return Err(problem(400, "badCSR", format!("it is for {names:?}")));
        }
        let mut state = self.state.lock();
        let lifetime = state.conduct.lifetime.unwrap_or(Duration::from_secs(90 * 24 * 3600));
        let order = &mut state.orders[number];
        order.certificate = Some(self.issuer.certify(&order.name, &key, lifetime));
        order.status = if order.processing > 0 { "processing" } else { "valid" };
        Ok(json_answer(200, &self.order(number, &state.orders[number])))
    }

    fn report(problem: &Problem) -> Answer {
        let Problem { status, kind, detail, retry_after } = problem;
        let kind = format!("urn:ietf:params:acme:error:{kind}");
        let document = json!({"type": kind, "detail": detail, "status": status});
        let mut answer = json_answer(*status, &document);
        if let Some(seconds) = retry_after {
            answer.headers_mut().insert("Retry-After", (*seconds).into());
        }
        answer
    }

    fn with_nonce(&self, mut answer: Answer) -> Answer {
        let nonce = HEXLOWER.encode(&rand::random::<[u8; 16]>());
        answer.headers_mut().insert("Replay-Nonce", nonce.parse().unwrap());
        self.state.lock().nonces.insert(nonce);
        answer
    }
}

fn json_answer(status: u16, body: &Value) -> Answer {
    let mut answer = Response::new(Full::from(serde_json::to_vec(body).unwrap()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}
