//! Serves answers from the cache, and fills the cache.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;
use tokio::sync::oneshot;

use brink_shared::event::Request;
use brink_shared::registry::distribution::ErrorPage;

use super::answer::{Answer, AnswerBody, ArrivingBody, Source};
use super::exchange::VIEWERS_CONDITIONS;
use super::head_only::{confirm_by_head, head_only};
use super::upload::Upload;
use super::{Passage, ranged};
use crate::cache::fill::{FetchRole, FillGuard, FillWriter, Joined, Waiter};
use crate::cache::freshness::{Decision, ResponseFacts, Storing, decide};
use crate::cache::http_date;
use crate::cache::key::CacheKey;
use crate::cache::object::{CachedObject, ObjectHead};
use crate::cache::store::Lookup;
use crate::error_answer::Fault;
use crate::origin::group::fails_over;
use crate::origin::{OriginError, OriginFault};
use crate::response_headers::server_timing::UpstreamTiming;

/// How long a follower waits for the head of the leader's answer: as long as a slow function and a
/// slow origin take together. A fetch whose attempts all time out may take longer; its followers do
/// not wait for that.
const FOLLOW_WITHIN: Duration = Duration::from_secs(75);

/// The result of a fetch for the leader's viewer.
pub(super) enum Fetched {
    /// The answer is shared, and the viewer reads it like all others.
    Shared(Source, Option<UpstreamTiming>),
    /// The answer is for this viewer alone.
    Direct(Answer),
    /// The origin failed; this stored copy is served (stale-if-error).
    Stale(Arc<CachedObject>),
}

/// The result of a look-up in the cache.
enum Stored {
    /// An answer that is served as it is.
    Answer(Answer),
    /// The origin must be asked.
    Ask {
        /// The key of the answer to fetch.
        key: CacheKey,
        /// A copy that the origin may confirm, or that is served if the origin fails.
        stale: Option<Arc<CachedObject>>,
    },
}

// === impl Passage ===

impl Passage {
    /// Answers a GET or HEAD, from the cache if possible.
    pub(super) async fn cached(&self, request: &Request) -> Result<Answer, Fault> {
        let (key, stale) = match self.stored(request).await {
            Stored::Answer(answer) => return Ok(answer),
            Stored::Ask { key, stale } => (key, stale),
        };
        if stale.is_none()
            && let Some(ranges) = ranged::asked(request)
        {
            return self.ranged(&key, request, &ranges).await;
        }
        self.fetched(&key, &ranged::without(request), stale).await
    }

    /// Fetches the whole object, or waits for the request that is fetching it.
    pub(super) async fn fetched(
        &self,
        key: &CacheKey,
        request: &Request,
        stale: Option<Arc<CachedObject>>,
    ) -> Result<Answer, Fault> {
        let cache = &self.edge.cache;
        let waits = self.may_share(request) && !cache.is_unshared(&self.crowd(key, request));
        let role = if waits { cache.join(key) } else { self.alone(key) };
        match role {
            FetchRole::Filled(object) => Ok(Answer::stored(&object, Source::Hit)),
            FetchRole::Follower(waiter) => self.follow(waiter, request).await,
            FetchRole::Leader(guard, waiter) => {
                let fetch = self.start_fetch(guard, request, stale);
                self.lead(fetch, waiter).await
            }
        }
    }

    /// Looks for a copy. A GET's copy serves a HEAD too.
    async fn stored(&self, request: &Request) -> Stored {
        let (key, found) = self.look_up(self.cache_key(request), request).await;
        let stale = match self.serve(&key, found, request) {
            Ok(answer) => return Stored::Answer(answer),
            Err(stale) => stale,
        };
        if request.method != "HEAD" {
            return Stored::Ask { key, stale };
        }
        let (head_key, found) = self.look_up(self.cache_key(request).for_head(), request).await;
        match self.serve(&head_key, found, request) {
            Ok(answer) => Stored::Answer(answer),
            // A HEAD may confirm the copy that a GET left.
            Err(_) if stale.is_some() => Stored::Ask { key, stale },
            Err(stale) => Stored::Ask { key: head_key, stale },
        }
    }

    /// The key of this request's variant, and the entry there.
    async fn look_up(&self, key: CacheKey, request: &Request) -> (CacheKey, Lookup) {
        let found = self.edge.cache.find(&key).await;
        let Lookup::Varies(names) = found else {
            return (key, found);
        };
        let key = key.variant(&self.variant(&names, request));
        let found = self.edge.cache.find(&key).await;
        (key, found)
    }

    /// Serves a copy for which the origin need not be asked now. Some copies are refreshed in the
    /// background. Otherwise returns the stale copy, if there is one.
    fn serve(
        &self,
        key: &CacheKey,
        found: Lookup,
        request: &Request,
    ) -> Result<Answer, Option<Arc<CachedObject>>> {
        match found {
            Lookup::Fresh(object) => Ok(Answer::stored(&object, Source::Hit)),
            Lookup::Stale(object) if object.head.is_good_while_refreshing(Instant::now()) => {
                if let FetchRole::Leader(guard, _) = self.edge.cache.join(key) {
                    // A copy with a body is refreshed by a GET.
                    let method = if object.head.bodiless { "HEAD" } else { "GET" };
                    let mut request = Request { method: method.to_owned(), ..request.clone() };
                    let is_condition = |name: &str| VIEWERS_CONDITIONS.contains(&name);
                    request.headers.retain(|header| !is_condition(&header.name()));
                    drop(self.start_fetch(guard, &request, Some(object.clone())));
                }
                Ok(Answer::stored(&object, Source::Hit))
            }
            Lookup::Stale(object) => Err(Some(object)),
            Lookup::Varies(_) | Lookup::Miss => Err(None),
        }
    }

    fn alone(&self, key: &CacheKey) -> FetchRole {
        let (guard, waiter) = self.edge.cache.alone(key);
        FetchRole::Leader(guard, waiter)
    }

    /// Gives the leader's own viewer the result of its fetch.
    pub(super) async fn lead(
        &self,
        fetch: oneshot::Receiver<Result<Fetched, Fault>>,
        waiter: Waiter,
    ) -> Result<Answer, Fault> {
        // The fetch ends by itself within its deadlines and reports that, unless it panicked.
        match fetch.await.unwrap_or_else(|_| Err(given_up()))? {
            Fetched::Direct(answer) => Ok(answer),
            Fetched::Stale(object) => Ok(Answer::stored(&object, Source::Hit)),
            Fetched::Shared(source, upstream) => match waiter.answer(FOLLOW_WITHIN).await {
                Joined::Body(head, body) => {
                    Ok(Answer { upstream, ..Answer::arriving(&head, body, source) })
                }
                Joined::Object(object) => {
                    Ok(Answer { upstream, ..Answer::stored(&object, source) })
                }
                Joined::Failed(error) => Err(Fault::Origin(error)),
                Joined::Released => Err(given_up()),
                Joined::Late => Err(late()),
            },
        }
    }

    /// Joins another request's fetch. If that gives no answer for this request, fetches alone.
    pub(super) async fn follow(&self, waiter: Waiter, request: &Request) -> Result<Answer, Fault> {
        let is_own = |head: &ObjectHead| {
            let names: Vec<String> = head.variant.names().map(str::to_owned).collect();
            head.variant == self.variant(&names, request)
        };
        match waiter.answer(FOLLOW_WITHIN).await {
            Joined::Body(head, body) if is_own(&head) => {
                return Ok(Answer::arriving(&head, body, Source::Hit));
            }
            Joined::Object(object) if is_own(&object.head) => {
                return Ok(Answer::stored(&object, Source::Hit));
            }
            Joined::Body(..) | Joined::Object(_) | Joined::Released => {}
            Joined::Failed(error) => return Err(Fault::Origin(error)),
            Joined::Late => return Err(late()),
        }
        // The leader may have stored a copy that the origin can confirm.
        let (key, stale) = match self.stored(request).await {
            Stored::Answer(answer) => return Ok(answer),
            Stored::Ask { key, stale } => (key, stale),
        };
        let (guard, waiter) = self.edge.cache.alone(&key);
        let fetch = self.start_fetch(guard, request, stale);
        self.lead(fetch, waiter).await
    }

    /// Starts the fetch as a task of its own. It goes on if the viewer leaves.
    pub(super) fn start_fetch(
        &self,
        guard: FillGuard,
        request: &Request,
        stale: Option<Arc<CachedObject>>,
    ) -> oneshot::Receiver<Result<Fetched, Fault>> {
        let (told, fetch) = oneshot::channel();
        let passage = self.clone();
        let request = request.clone();
        self.edge.fetches.spawn_local(async move {
            passage.fetch(guard, &request, stale, told).await;
        });
        fetch
    }

    /// True if this gateway is the shield of a group's primary origin, and the gateway that asks
    /// goes on to the secondary. An expired copy would hide the failure from it.
    fn leaves_to_secondary(&self, method: &str, answered: &Result<Answer, Fault>) -> bool {
        let Some((shielded, (_, statuses))) =
            self.shields.as_ref().zip(self.behavior.origins.secondary.as_ref())
        else {
            return false;
        };
        let outcome = match answered {
            Ok(answer) => Ok(answer.origin_status),
            Err(Fault::Origin(error)) => Err(error),
            Err(_) => return false,
        };
        shielded.name == self.behavior.origins.primary.name && fails_over(method, statuses, outcome)
    }

    async fn fetch(
        self,
        guard: FillGuard,
        request: &Request,
        stale: Option<Arc<CachedObject>>,
        told: oneshot::Sender<Result<Fetched, Fault>>,
    ) {
        let answered = self.exchange(request, stale.as_deref(), Upload::none()).await;
        // If a copy is to be confirmed, its conditions replace the viewer's.
        let confirms = stale.as_ref().is_some_and(|object| object.head.storing.conditional);
        let own_conditions = !confirms && self.sends_conditions(request);
        // The viewer may have left; the answer is stored nevertheless.
        let tell = |fetched| drop(told.send(fetched));
        if let Some(object) =
            stale.as_ref().filter(|object| object.head.may_stand_in(Instant::now()))
            && let Some(status) = failed_with(&answered)
            && !self.leaves_to_secondary(&request.method, &answered)
        {
            if !own_conditions {
                let until = Instant::now() + ErrorPage::min_ttl_of(status, &self.route.error_pages);
                guard.complete(object.served_stale_until(until));
            }
            return tell(Ok(Fetched::Stale(object.clone())));
        }
        let mut answer = match answered {
            Ok(answer) => answer,
            Err(fault) => {
                // A function may have failed for this request only, but an origin failed for all.
                if let Fault::Origin(error) = &fault
                    && error.is_origins_fault()
                {
                    guard.fail(error.clone());
                }
                return tell(Err(fault));
            }
        };
        let arrived = SystemTime::now();
        if !answer.headers.contains("date") {
            // RFC 9110, 6.6.1: a copy is dated when it is made.
            Arc::make_mut(&mut answer.headers).append("Date", http_date::write(arrived));
        }
        if request.method == "HEAD"
            && let Some(object) = &stale
        {
            confirm_by_head(&mut answer, object);
        }
        let facts = ResponseFacts {
            status: answer.status,
            origin_status: answer.origin_status,
            own_conditions,
            headers: answer.plain_headers(),
            arrived,
            authorized: self.forwarding().shows_authorization(request),
        };
        let storing = match decide(&facts, &self.behavior.config.cache, &self.route.error_pages) {
            // A shield has counted a part of the time already.
            Decision::Store(storing) => storing.at_most(answer.fresh_for),
            Decision::Pass(_) => {
                self.release(guard, request);
                return tell(Ok(Fetched::Direct(answer)));
            }
        };
        let answer = self.compressing(&guard, request, answer, storing.ttl);
        self.keep(guard, request, answer, storing, tell).await;
    }

    /// Stores an answer and passes it on.
    async fn keep(
        &self,
        mut guard: FillGuard,
        request: &Request,
        answer: Answer,
        storing: Storing,
        tell: impl FnOnce(Result<Fetched, Fault>),
    ) {
        // A body that cannot be stored is read by its own viewer only, at the viewer's pace.
        let arrives = matches!(answer.body, AnswerBody::Arriving(_)) && request.method == "GET";
        if arrives && !guard.reserve(answer.length) {
            self.release(guard, request);
            return tell(Ok(Fetched::Direct(answer)));
        }
        let confirmed = answer.source == Source::RefreshHit;
        let names = self.varies_by(&answer.headers, request);
        let Answer {
            status,
            origin_status,
            status_description,
            headers,
            body,
            encoded,
            source,
            upstream,
            ..
        } = answer;
        let head = ObjectHead {
            origin_status,
            encoded,
            variant: self.variant(&names, request),
            ..ObjectHead::new(status, status_description, headers, storing)
        };
        // If a HEAD confirmed the copy of a GET, that copy stays.
        if request.method == "HEAD" && !(confirmed && matches!(body, AnswerBody::Whole(_))) {
            let object = head_only(head, &body);
            let answer = Answer { upstream, ..Answer::stored(&object, source) };
            guard.complete_for_head(object);
            return tell(Ok(Fetched::Direct(answer)));
        }
        match body {
            AnswerBody::Empty => guard.complete(CachedObject::new(head, bytes::Bytes::new())),
            AnswerBody::Whole(body) => guard.complete(CachedObject::new(head, body)),
            // Only this function makes bodies that several viewers read.
            AnswerBody::Shared(_) => {}
            AnswerBody::Arriving(reader) => {
                let writer = guard.begin(head);
                tell(Ok(Fetched::Shared(source, upstream)));
                return pump(reader.into_inner(), writer).await;
            }
        }
        tell(Ok(Fetched::Shared(source, upstream)));
    }

    /// Releases the requests that wait for an answer that cannot be stored. Later requests do not
    /// wait at all, unless only this viewer's conditions or method made the answer useless to
    /// others.
    fn release(&self, guard: FillGuard, request: &Request) {
        let speaks_for_all = request.method == "GET" || guard.is_for_head();
        if speaks_for_all && self.may_share(request) {
            self.edge.cache.mark_unshared(&self.crowd(guard.key(), request));
        }
    }
}

/// Moves a body from the origin to all its readers.
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

/// The status of the origin's failure, if it failed. A stored copy may be served instead (7.12).
fn failed_with(answered: &Result<Answer, Fault>) -> Option<u16> {
    match answered {
        Ok(answer) => (answer.status >= 500).then_some(answer.status),
        Err(fault) => matches!(fault, Fault::Origin(_)).then(|| fault.status()),
    }
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
