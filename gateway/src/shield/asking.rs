//! Asks one shield one question.
//!
//! ```text
//! gateway            shield
//!    │── question ─────▶│
//!    │◀──── status ─────│  within TAKEN_WITHIN
//!    │◀──── reply ──────│  within REPLY_WITHIN, unless the shield is lost
//!    │◀──── body ───────│  at the gateway's pace, unless the shield is lost
//! ```

use std::sync::Arc;
use std::time::Duration;

use brink_shared::event::{CustomOrigin, Headers, Origin, OriginProtocol};
use brink_shared::registry::distribution::HttpVersion;
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, LocalBoxStream, StreamExt as _};
use tokio::time::{Instant, timeout};

use super::Shield;
use super::announcements::{Announcement, LOST_AFTER};
use super::message::{AnswerHead, NotTaken, Reply, ReplyError, TARGET};
use super::settings::NAME;
use crate::error_answer::Fault;
use crate::origin::{
    BodyError, OriginAccess, OriginBody, OriginClient, OriginError, OriginRequest, OutgoingBody,
    Trust,
};
use crate::response_headers::server_timing::{Layer, UpstreamTiming};

/// How long a shield may take to say that it takes a question, connecting included.
const TAKEN_WITHIN: Duration = Duration::from_secs(2);

/// How long the reply to a question may take: as long as slow functions and all attempts of a slow
/// origin take together.
const REPLY_WITHIN_S: u32 = 180;

/// How long an idle connection to a shield is kept.
const KEEPALIVE_S: u32 = 30;

/// A shield that takes no question gets none for this time.
const LEFT_OUT_FOR: Duration = Duration::from_secs(5);

/// The same for one that has too many questions.
const BUSY_FOR: Duration = Duration::from_secs(1);

/// A shield's answer, or why it has none.
pub struct Replied {
    /// The head of the answer, or the fault of the origin or of a function.
    pub head: Result<Box<AnswerHead>, Fault>,
    /// The body; empty without an answer.
    pub body: LocalBoxStream<'static, Result<Bytes, BodyError>>,
    /// How long the steps took.
    pub timing: UpstreamTiming,
}

/// Why a question has no reply. Another gateway, or the origin, can be asked instead.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// It cannot be reached, or broke the connection off.
    #[error("it did not take the question ({0})")]
    Unreachable(#[from] OriginError),
    /// It was silent.
    #[error("it did not take the question within {TAKEN_WITHIN:?}")]
    Late,
    /// It has a reason not to answer.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// It took the question and could not do it.
    #[error("it could not answer: {0}")]
    Refused(String),
    /// It took the question and is gone.
    #[error("it is lost")]
    Lost,
    /// Its reply broke off.
    #[error("its reply broke off ({0})")]
    Broken(#[from] BodyError),
    /// Its reply ended too early.
    #[error("its reply ended too early")]
    Short,
    /// Its reply makes no sense.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

// === impl Shield ===

impl Shield {
    /// Asks one gateway. If it does not take the question, it is left out for a while.
    pub async fn ask(
        self: &Arc<Self>,
        origins: &OriginClient,
        of: &Announcement,
        question: Bytes,
    ) -> Result<Replied, Unanswered> {
        let began = Instant::now();
        let fetched = timeout(TAKEN_WITHIN, origins.fetch(request(&of.address, question))).await;
        let fetched = fetched.map_err(|_| Unanswered::Late).and_then(|taken| Ok(taken?));
        let response = fetched.inspect_err(|_| {
            self.announcements.leave_out(of.process, LEFT_OUT_FOR);
        })?;
        if response.status != 200 {
            let why = NotTaken::of(response.status);
            // A shield that is behind makes each question wait until it says so.
            if matches!(why, NotTaken::Busy | NotTaken::Invalidations) {
                self.announcements.leave_out(of.process, BUSY_FOR);
            }
            return Err(why.into());
        }
        let mut body = response.body;
        let (reply, beginning) = tokio::select! {
            read = read(&mut body) => read?,
            () = self.announcements.lost(of.process) => return Err(Unanswered::Lost),
        };
        if !reply.has_body() {
            // The end of the reply. Without it, the shield would think that it was given up.
            let _ = body.next().await;
        }
        let head = match reply {
            Reply::Answer(head) => Ok(head),
            Reply::Origin(error) => Err(Fault::Origin(error)),
            Reply::Function(fault) => Err(Fault::Function(fault)),
            Reply::Refused(why) => return Err(Unanswered::Refused(why)),
        };
        let first_byte = began.elapsed().into();
        let timing = UpstreamTiming { first_byte, layer: Layer::OriginShield, ..response.timing };
        let beginning = (!beginning.is_empty()).then_some(Ok(beginning));
        let rest = self.clone().while_alive(of.process, body);
        Ok(Replied { head, body: stream::iter(beginning).chain(rest).boxed_local(), timing })
    }

    /// A body that breaks off when its shield is lost.
    fn while_alive(
        self: Arc<Self>,
        process: u64,
        body: OriginBody,
    ) -> impl stream::Stream<Item = Result<Bytes, BodyError>> {
        let lost = Box::pin(async move { self.announcements.lost(process).await });
        stream::unfold(Some((body, lost)), |reading| async move {
            let (mut body, mut lost) = reading?;
            tokio::select! {
                biased;
                chunk = body.next() => {
                    let chunk = chunk?;
                    let reading = chunk.is_ok().then_some((body, lost));
                    Some((chunk, reading))
                }
                () = &mut lost => Some((Err(BodyError::ShieldLost(LOST_AFTER)), None)),
            }
        })
    }
}

/// Reads the reply. Returns also the beginning of the body.
async fn read(body: &mut OriginBody) -> Result<(Reply, Bytes), Unanswered> {
    let mut bytes = BytesMut::new();
    loop {
        if let Some(reply) = Reply::take(&mut bytes)? {
            return Ok((reply, bytes.freeze()));
        }
        bytes.extend_from_slice(&body.next().await.ok_or(Unanswered::Short)??);
    }
}

fn request(address: &str, question: Bytes) -> OriginRequest {
    // Announcements that are no addresses cannot be connected to.
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    OriginRequest {
        origin: Origin::Custom(CustomOrigin {
            custom_headers: Headers::new(),
            domain_name: host.to_owned(),
            keepalive_timeout: KEEPALIVE_S,
            path: String::new(),
            port: port.parse().unwrap_or_default(),
            protocol: OriginProtocol::Https,
            read_timeout: REPLY_WITHIN_S,
            ssl_protocols: Vec::new(),
        }),
        endpoint: None,
        connect_timeout: TAKEN_WITHIN,
        attempts: 1,
        completion_timeout: None,
        access: OriginAccess {
            http_version: HttpVersion::Http2,
            trust: Trust::Gateways,
            ..OriginAccess::default()
        },
        is_call: false,
        method: "POST".to_owned(),
        uri: TARGET.to_owned(),
        querystring: String::new(),
        headers: [("Host", NAME)].into_iter().collect(),
        body: OutgoingBody::Whole(question),
        is_upgrade: false,
    }
}
