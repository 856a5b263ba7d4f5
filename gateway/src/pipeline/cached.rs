//! Answers from the cache, and fills it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;
use tokio::sync::oneshot;

use brink_shared::event::Request;
use brink_shared::registry::distribution::ErrorPage;

use super::Passage;
use super::answer::{Answer, AnswerBody, ArrivingBody, Source};
use super::upload::Upload;
use crate::cache::fill::{FillGuard, FillWriter, Flight, Joined, Waiter};
use crate::cache::freshness::{Decision, ResponseFacts, collapses, decide};
use crate::cache::key::CacheKey;
use crate::cache::object::{CachedObject, ObjectHead};
use crate::cache::store::Lookup;
use crate::fault::Fault;
use crate::origin::{OriginError, OriginFault};

/// How long a request waits for the head of an answer that another request fetches: as long as a
/// slow function and a slow origin take together. A fetch whose every attempt runs out of time
/// may go on for longer; its followers do not wait for that.
const FOLLOW_WITHIN: Duration = Duration::from_secs(75);

/// What the leader's viewer learns from its fetch.
enum Fetched {
    /// The answer can be had at the meeting point, with everybody else; it comes from here.
    Shared(Source),
    /// The answer is for this viewer alone.
    Direct(Answer),
    /// The origin failed; this stored copy stands in for it.
    Stale(Arc<CachedObject>),
}

// === impl Passage ===

impl Passage {
    /// Answers a GET or HEAD, from the cache if it can.
    pub(super) async fn cached(&self, request: &Request) -> Result<Answer, Fault> {
        let key = self.cache_key(request);
        match self.edge.cache.lookup(&key) {
            Lookup::Fresh(object) => Ok(Answer::stored(&object, Source::Hit)),
            Lookup::Stale(object) if object.head.is_good_while_refreshing(Instant::now()) => {
                if let Flight::Leader(guard, _) = self.edge.cache.join(&key) {
                    drop(self.start_fetch(guard, request, Some(object.clone())));
                }
                Ok(Answer::stored(&object, Source::Hit))
            }
            Lookup::Stale(object) => self.fetched(&key, request, Some(object)).await,
            Lookup::Miss => self.fetched(&key, request, None).await,
        }
    }

    fn cache_key(&self, request: &Request) -> CacheKey {
        let key = CacheKey::new(&self.route.id, request, &self.behavior.config.cache);
        let spelling = self.spelling.as_ref();
        match spelling.and_then(|s| s.distinction(&request.uri, &request.querystring)) {
            Some(distinction) => key.spelled(distinction),
            None => key,
        }
    }

    /// Fetches, or waits for who is fetching the same.
    async fn fetched(
        &self,
        key: &CacheKey,
        request: &Request,
        stale: Option<Arc<CachedObject>>,
    ) -> Result<Answer, Fault> {
        if request.method == "HEAD" {
            return self.exchange(request, None, Upload::none()).await;
        }
        let config = &self.behavior.config;
        let flight = if collapses(&config.cache, &config.forward) {
            self.edge.cache.join(key)
        } else {
            let (guard, waiter) = self.edge.cache.alone(key);
            Flight::Leader(guard, waiter)
        };
        match flight {
            Flight::Filled(object) => Ok(Answer::stored(&object, Source::Hit)),
            Flight::Follower(waiter) => self.follow(waiter, request).await,
            Flight::Leader(guard, waiter) => {
                let fetch = self.start_fetch(guard, request, stale);
                self.lead(fetch, waiter).await
            }
        }
    }

    /// Gives the leader's own viewer what its fetch brings.
    async fn lead(
        &self,
        fetch: oneshot::Receiver<Result<Fetched, Fault>>,
        waiter: Waiter,
    ) -> Result<Answer, Fault> {
        // The fetch ends by itself within its deadlines, and says so; all but one that panicked.
        match fetch.await.unwrap_or_else(|_| Err(given_up()))? {
            Fetched::Direct(answer) => Ok(answer),
            Fetched::Stale(object) => Ok(Answer::stored(&object, Source::Hit)),
            Fetched::Shared(source) => match waiter.answer(FOLLOW_WITHIN).await {
                Joined::Body(head, body) => Ok(Answer::arriving(&head, body, source)),
                Joined::Object(object) => Ok(Answer::stored(&object, source)),
                Joined::Failed(error) => Err(Fault::Origin(error)),
                Joined::Released => Err(given_up()),
                Joined::Late => Err(late()),
            },
        }
    }

    /// Takes part in another request's fetch.
    async fn follow(&self, waiter: Waiter, request: &Request) -> Result<Answer, Fault> {
        match waiter.answer(FOLLOW_WITHIN).await {
            Joined::Body(head, body) => Ok(Answer::arriving(&head, body, Source::Hit)),
            Joined::Object(object) => Ok(Answer::stored(&object, Source::Hit)),
            Joined::Released => self.exchange(request, None, Upload::none()).await,
            Joined::Failed(error) => Err(Fault::Origin(error)),
            Joined::Late => Err(late()),
        }
    }

    /// Starts the fetch as a task of its own: a viewer who leaves does not end it. It is always a
    /// GET, also when a HEAD finds that a copy is to be refreshed: what is stored has a body.
    fn start_fetch(
        &self,
        guard: FillGuard,
        request: &Request,
        stale: Option<Arc<CachedObject>>,
    ) -> oneshot::Receiver<Result<Fetched, Fault>> {
        let (told, fetch) = oneshot::channel();
        let passage = self.clone();
        let request = Request { method: "GET".to_owned(), ..request.clone() };
        self.edge.fetches.spawn_local(async move {
            passage.fetch(guard, &request, stale, told).await;
        });
        fetch
    }

    async fn fetch(
        self,
        guard: FillGuard,
        request: &Request,
        stale: Option<Arc<CachedObject>>,
        told: oneshot::Sender<Result<Fetched, Fault>>,
    ) {
        let answered = self.exchange(request, stale.as_deref(), Upload::none()).await;
        // The viewer may have left; the answer is stored all the same.
        let tell = |fetched| drop(told.send(fetched));
        if let Some(object) = stale.filter(|object| stands_in(object, &answered)) {
            let held = object.held(Instant::now() + ErrorPage::MIN_TTL_DEFAULT);
            guard.complete(held);
            return tell(Ok(Fetched::Stale(object)));
        }
        let answer = match answered {
            Ok(answer) => answer,
            Err(fault) => {
                // A function may have failed for this request only; an origin failed for all.
                if let Fault::Origin(error) = &fault
                    && error.is_origins_fault()
                {
                    guard.fail(error.clone());
                }
                return tell(Err(fault));
            }
        };
        let facts = ResponseFacts {
            status: answer.status,
            headers: &answer.headers,
            arrived: SystemTime::now(),
        };
        let storing = match decide(&facts, &self.behavior.config.cache, &self.route.error_pages) {
            Decision::Store(storing) => storing,
            Decision::Pass(_) => {
                drop(guard);
                return tell(Ok(Fetched::Direct(answer)));
            }
        };
        let Answer { status, origin_status, status_description, headers, body, source, .. } =
            answer;
        let head = ObjectHead::new(status, status_description, headers, storing);
        let head = ObjectHead { origin_status, ..head };
        match body {
            AnswerBody::Empty => guard.complete(CachedObject::new(head, bytes::Bytes::new())),
            AnswerBody::Whole(body) => guard.complete(CachedObject::new(head, body)),
            AnswerBody::Arriving(reader) => {
                let writer = guard.begin(head);
                tell(Ok(Fetched::Shared(source)));
                return pump(reader.into_inner(), writer).await;
            }
        }
        tell(Ok(Fetched::Shared(source)));
    }
}

/// Moves a body from the origin to all who read it.
async fn pump(reader: Option<ArrivingBody>, mut writer: FillWriter) {
    let Some(mut reader) = reader else { return };
    while let Some(chunk) = reader.next().await {
        match chunk {
            Ok(chunk) => {
                if writer.push(chunk).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the origin's body broke off");
                return writer.fail(error);
            }
        }
    }
    writer.finish();
}

/// True if the origin failed and the stored copy may be served in its place (7.12).
fn stands_in(object: &CachedObject, answered: &Result<Answer, Fault>) -> bool {
    let failed = match answered {
        Ok(answer) => answer.status >= 500,
        Err(fault) => matches!(fault, Fault::Origin(_)),
    };
    failed && object.head.may_stand_in(Instant::now())
}

fn late() -> Fault {
    shared_fetch(OriginFault::HeadTimeout(FOLLOW_WITHIN))
}

fn given_up() -> Fault {
    shared_fetch(OriginFault::Closed("the fetch ended early".to_owned()))
}

fn shared_fetch(cause: OriginFault) -> Fault {
    Fault::Origin(OriginError { origin: "(fetched for several viewers)".to_owned(), cause })
}
