//! What an answer to HEAD does to the cache (RFC 9111, 4.3.5).

use std::sync::Arc;

use super::answer::{Answer, AnswerBody, Source};
use crate::cache::conditional::{Validators, refreshed};
use crate::cache::object::{CachedObject, ObjectHead};

/// Takes the answer to a HEAD for a confirmation of what a GET left, if nothing in it speaks
/// against that (RFC 9111, 4.3.5): it has a validator, and each of them and the length are the same.
pub(super) fn confirm_by_head(answer: &mut Answer, object: &CachedObject) {
    let stored = object.head.validators();
    let brought = Validators::of(&answer.headers);
    let same =
        |brought: &Option<String>, stored: &Option<String>| brought.is_none() || brought == stored;
    let length = answer.length.is_none_or(|length| length == object.body.len() as u64);
    let confirms = answer.source == Source::Miss
        && answer.status == object.head.status
        && !object.head.bodiless
        && brought != Validators::default()
        && same(&brought.etag, &stored.etag)
        && same(&brought.last_modified, &stored.last_modified)
        && length;
    if confirms {
        answer.headers = refreshed(&object.head.headers, &answer.headers).into();
        answer.body = AnswerBody::Whole(object.body.clone());
        answer.length = None;
        answer.source = Source::RefreshHit;
    }
}

/// What is kept of the answer to a HEAD: its headers, and how long the body would be.
pub(super) fn head_only(mut head: ObjectHead, body: &AnswerBody) -> CachedObject {
    head.bodiless = true;
    if let AnswerBody::Whole(body) = body {
        Arc::make_mut(&mut head.headers).set("Content-Length", body.len().to_string());
    }
    CachedObject::new(head, bytes::Bytes::new())
}
