//! Uses answers to HEAD for the cache (RFC 9111, 4.3.5).

use std::sync::Arc;

use super::answer::{Answer, AnswerBody, Source};
use super::exchange::content_length;
use crate::cache::conditional::{Validators, refreshed};
use crate::cache::object::{CachedObject, ObjectHead};

/// Lets the answer to a HEAD confirm the copy of a GET (RFC 9111, 4.3.5). The answer must have a
/// validator, and all its validators and the length must be those of the copy.
pub(super) fn confirm_by_head(answer: &mut Answer, object: &CachedObject) {
    let stored = object.head.validators();
    let brought = Validators::of(&answer.headers);
    let same =
        |brought: &Option<String>, stored: &Option<String>| brought.is_none() || brought == stored;
    let plain = object.head.plain_headers();
    let stored_length = match &object.head.encoded {
        Some(_) => content_length(plain),
        None => Some(object.body.len() as u64),
    };
    let length = answer.length.is_none_or(|length| stored_length == Some(length));
    let confirms = matches!(answer.source, Source::Miss | Source::Hit)
        && answer.status == object.head.status
        && !object.head.bodiless
        && brought != Validators::default()
        && same(&brought.etag, &stored.etag)
        && same(&brought.last_modified, &stored.last_modified)
        && length;
    if confirms {
        answer.headers = refreshed(plain, &answer.headers).into();
        answer.body = AnswerBody::Whole(object.body.clone());
        answer.length = None;
        answer.source = Source::RefreshHit;
        if let Some(encoded) = &object.head.encoded {
            answer.describe_encoded(encoded.coding);
        }
    }
}

/// The stored form of an answer to HEAD: the headers, and the length that the body would have.
pub(super) fn head_only(mut head: ObjectHead, body: &AnswerBody) -> CachedObject {
    head.bodiless = true;
    if let AnswerBody::Whole(body) = body {
        Arc::make_mut(&mut head.headers).set("Content-Length", body.len().to_string());
    }
    CachedObject::new(head, bytes::Bytes::new())
}
