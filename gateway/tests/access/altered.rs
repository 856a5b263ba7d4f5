//! Altered signatures: none is valid.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use brink_gateway::access::TrustedKeys;
use brink_shared::event::{Headers, Request};
use brink_shared::private_content::{PublicKey, Viewing};
use proptest::prelude::*;
use serde_json::json;

use crate::signer::{Hash, Signed, Signer, policy};

const URL: &str = "http://shop.example/a?x=1";

struct Case {
    keys: TrustedKeys,
    signed: Signed,
}

/// Every kind of key, hash and policy.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let mut cases = Vec::new();
    for signer in [Signer::rsa("K2"), Signer::ecdsa("K2")] {
        for hash in [Hash::Sha1, Hash::Sha256] {
            let canned = signer.canned(hash, URL, 2_000_000_000);
            let custom =
                signer.custom(hash, &policy("http://shop.example/*", 2_000_000_000, json!({})));
            for signed in [canned, custom] {
                let key = PublicKey::from_pem(&signer.public_pem()).unwrap();
                let keys = TrustedKeys::new(BTreeMap::from([("K2".to_owned(), key)]));
                cases.push(Case { keys, signed });
            }
        }
    }
    cases
});

fn is_valid(case: &Case, query: &str, cookies: &str) -> bool {
    let mut headers = Headers::new();
    if !cookies.is_empty() {
        headers.append("Cookie", cookies);
    }
    let request = Request {
        client_ip: [192, 0, 2, 1].into(),
        method: "GET".into(),
        uri: "/a".into(),
        querystring: query.into(),
        headers,
        body: None,
        origin: None,
    };
    let address = request.client_ip;
    let viewing = Viewing { url: URL, normal_url: None, address, now: 1_700_000_000 };
    case.keys.verify(&request, &viewing).is_ok()
}

/// The text with another character at this place.
fn altered(text: &str, at: prop::sample::Index, to: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    let before = std::mem::replace(&mut bytes[at], to);
    (before != to).then(|| String::from_utf8(bytes).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_signature_with_any_other_byte_is_refused(
        which in 0..8_usize,
        at in any::<prop::sample::Index>(),
        to in 0x20_u8..0x7f,
    ) {
        let case = &CASES[which];
        let (query, cookies) = (case.signed.query(), case.signed.cookies());
        prop_assert!(is_valid(case, &query, "") && is_valid(case, "x=1", &cookies));
        if let Some(query) = altered(&query, at, to) {
            prop_assert!(!is_valid(case, &query, ""), "{query}");
        }
        // White space between cookies means nothing.
        if let Some(cookies) = altered(&cookies, at, to).filter(|_| to != b' ') {
            prop_assert!(!is_valid(case, "x=1", &cookies), "{cookies}");
        }
    }

    #[test]
    fn texts_of_strangers_are_refused_and_break_nothing(
        query in "([A-Za-z-]{0,9}=?[ -~]{0,30}&?|(Policy|Signature|Expires|Key-Pair-Id)=(K2|[ -~]{0,80})&){0,8}",
        cookies in "((CloudFront-)?(Policy|Signature|Expires|Key-Pair-Id)=(K2|[ -~é]{0,80});? ?){0,8}",
    ) {
        for case in CASES.iter() {
            prop_assert!(!is_valid(case, &query, &cookies));
        }
    }
}
