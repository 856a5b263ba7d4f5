//! Decisions on what is kept, and on the messages between viewers, proxy and origins.

use super::{Decision, decided};

pub const CACHING: &[Decision] = &[
    decided(
        45,
        "Who gets the answer to a request with `Authorization`?",
        "Only the viewer that sent it, unless the header is in the cache key, or does not reach the origin, or the answer has `public`, `s-maxage` or `must-revalidate` (RFC 9111, 3.5). A Min TTL does not change that, nor does the minimum TTL of an error.",
        "One viewer's data would reach another.",
        &["gateway/tests/http_caching::decision_45_one_viewers_answer_is_not_given_to_others"],
    ),
    decided(
        46,
        "From when do lifetimes count?",
        "The origin's lifetimes begin when the answer leaves the origin: `Age` is subtracted, and `Expires` is compared with the answer's `Date`. Min, Default and Max TTL begin when the answer arrives. An old `Date` alone makes no answer older. A copy without `Date` gets the date of its arrival.",
        "Another cache on the way has used up a part of the lifetime. The TTLs are about this cache; clocks of origins are often wrong.",
        &[
            "gateway/tests/http_caching::decision_46_the_age_that_an_answer_comes_with_counts",
            "gateway/tests/http_caching::decision_46_a_copy_is_dated_when_it_came",
        ],
    ),
    decided(
        47,
        "When may a stale copy be served?",
        "During `stale-while-revalidate`. If the origin fails, for as long as `stale-if-error` says, or without an end if the answer does not have it. Max TTL limits both. Never with `must-revalidate`, `proxy-revalidate` or `no-cache`. With `s-maxage`, each of the two is allowed only if the answer names it. A failed origin is asked again after the error caching minimum TTL of its status.",
        "RFC 5861 and RFC 9111, 4.2.4. Many origins send `s-maxage` with `stale-while-revalidate` and mean both.",
        &[
            "gateway/tests/http_caching::decision_47_who_forbids_stale_copies_gets_the_failure",
            "gateway/tests/http_caching::a_failed_origin_is_asked_again_after_the_errors_own_time",
        ],
    ),
    decided(
        48,
        "What does `Vary` mean for a header that reaches the origin and is not in the cache key?",
        "The copy serves only requests whose header has the same value at the origin (RFC 9111, 4.1). This includes headers that the proxy writes: `CloudFront-*` and `X-Forwarded-For`. For `User-Agent`, it is the device headers if the origin gets those instead. Headers that do not reach the origin do not count.",
        "One viewer's data would reach another, as with `Vary: Cookie`.",
        &[
            "gateway/tests/http_caching::decision_48_an_answer_that_varies_by_what_the_origin_saw_is_for_those_who_say_the_same",
            "gateway/tests/http_caching::decision_48_what_the_proxy_tells_of_viewers_tells_copies_apart",
            "gateway/tests/http_caching::decision_48_the_chain_of_addresses_tells_copies_apart",
        ],
    ),
    decided(
        49,
        "What does a write do to stored copies?",
        "After a PUT, POST, PATCH or DELETE that is answered with 2xx or 3xx, its gateway no longer serves copies of its path and query, nor of the paths on the same host that `Location` and `Content-Location` name (RFC 9111, 4.4). Answers that were being fetched during the write are not kept.",
        "A viewer that wrote would read the old version. Other gateways do not learn of the write; `brink cache invalidate` reaches them.",
        &[
            "gateway/tests/http_caching::decision_49_a_successful_write_makes_copies_useless",
            "gateway/tests/decisions::decision_49_a_write_whose_path_was_rewritten_makes_its_copies_useless",
        ],
    ),
    decided(
        50,
        "What does HEAD do to the cache?",
        "It reaches the origin as HEAD. Its answer is kept for other HEADs. It refreshes the copy of a GET if it is a 304, or if its validator and length are the same (RFC 9111, 4.3.5).",
        "Functions and origins see the method of the viewer, and no body is fetched that nobody wants.",
        &[
            "gateway/tests/http_caching::decision_50_a_head_is_kept_for_heads_and_is_no_answer_to_a_get",
            "gateway/tests/http_caching::decision_50_a_head_confirms_the_copy_of_a_get",
        ],
    ),
    decided(
        51,
        "Is an answer with `no-cache` kept?",
        "With a validator it is, and the origin confirms it for every request. With `no-store` or `private` beside it, or without a validator, it is not.",
        "The directive only forbids to reuse an answer without asking the origin (RFC 9111, 5.2.2.4).",
        &[
            "gateway/tests/http_caching::decision_51_no_cache_is_kept_to_be_confirmed_and_what_is_private_is_not",
        ],
    ),
    decided(
        52,
        "Are errors with `private` or `no-store` kept?",
        "Yes, for the error caching minimum TTL. All requests with the same cache key get them. Applying a distribution warns if cookies reach the origin but are not in the key.",
        "The table of errors has no exception. With a minimum TTL of zero, errors of this status are not kept.",
        &[
            "gateway/tests/http_caching::decision_52_an_error_is_kept_and_shown_to_all_whatever_it_says",
        ],
    ),
    decided(
        53,
        "Which ranges are honored, and when does the viewer get the whole object?",
        "One range of bytes, or up to 32 in ascending order that do not overlap; suffixes too. All other requests get 200 and the whole object: other units, malformed, descending or overlapping ranges, more than 32, an `If-Range` that names another copy, and bodies of unknown length until they are kept. The viewer's range goes to the origin; `bytes=0-` joins the fetch of the whole object.",
        "The range page asks for ascending ranges without overlap. Each range has a head of its own, so their number has a limit. A suffix is not a negative value.",
        &[
            "gateway/src/cache/range.rs::ranges_in_order_or_the_whole",
            "gateway/tests/ranges.rs::several_ranges_have_a_body_of_several_parts",
            "gateway/tests/ranges.rs::a_body_of_unknown_length_is_sent_whole",
            "gateway/tests/ranges.rs::everything_from_the_first_byte_is_fetched_as_the_whole_is",
        ],
    ),
    decided(
        54,
        "What happens to objects that are too large to be kept?",
        "They are passed through, even with caching, and their ranges are kept in parts. The largest object that is kept whole has 32 MiB, or an eighth of the cache if that is less.",
        "CloudFront closes the connection beyond 30 GB. Here the limit is much lower, and an error would help nobody.",
        &[
            "gateway/tests/ranges.rs::a_range_of_a_large_object_is_asked_of_the_origin_once",
            "gateway/tests/ranges.rs::everything_from_the_first_byte_is_fetched_as_the_whole_is",
            "gateway/tests/cache/large.rs::a_body_known_to_be_too_large_is_not_for_followers",
        ],
    ),
    decided(
        55,
        "Which requests does the proxy reject by itself, and with which status?",
        "400: bad syntax, no single valid `Host`, a target that is neither a path nor a URL (`*` with OPTIONS too), a body whose end is not clear, a body together with a WebSocket. 413: more than 20,480 bytes of head, 8,192 of URL, 96 header lines, 8 KiB of chunk extensions or trailers. 403: CONNECT. 408: a head that takes more than ten seconds, a body that is slower than the lowest rate. Each answer has `X-Cache`, `Via` and `X-Amz-Cf-Id` and ends the connection.",
        "The pages name 413 for the two sizes only. No behavior can match `*` or a tunnel. If two servers could read a request in different ways, it must not go on.",
        &[
            "gateway/tests/messages::rejected_requests_get_one_answer_with_the_proxys_headers",
            "gateway/tests/messages::a_broken_upload_is_answered_once",
            "gateway/src/viewer_stream/tests.rs::slow_heads_and_bodies_come_to_an_end",
        ],
    ),
    decided(
        56,
        "How are header values passed on that are not UTF-8?",
        "Functions see them as ISO-8859-1, as they see `uri` and `querystring`. A line that no function changed goes on byte by byte, to origins and to viewers. A line that a function wrote goes on as UTF-8.",
        "The page on encodings speaks of URI and query only. A file name or a tag must not change because it passed here.",
        &[
            "gateway/tests/messages::bytes_that_no_function_changed_go_on_as_they_came",
            "gateway/tests/messages::values_that_a_function_writes_go_on_as_utf8",
        ],
    ),
    decided(
        57,
        "What happens to interim answers (1xx) of origins?",
        "They are not passed on. More than one `100 Continue` is an error, and so is a 101 that nobody asked for. Brink itself tells viewers that send `Expect: 100-continue` to continue.",
        "RFC 9110, 15.2 asks proxies to pass them on. But for viewers a gateway is the server, and one fetch may serve many viewers, also those with HTTP/1.0.",
        &[
            "gateway/tests/messages::interim_answers_end_at_the_gateway_and_only_one_may_say_continue",
            "gateway/tests/messages::a_viewer_who_waits_for_it_is_told_to_continue_and_the_origin_is_not_asked",
        ],
    ),
    decided(
        58,
        "How are loops found?",
        "Every request to an origin has `CDN-Loop` with `brink` added. Neither functions nor custom headers can remove or replace it. A request that has already passed two distributions of any Brink gets 403.",
        "CloudFront allows a chain of two distributions and answers a longer one with 403. RFC 8586 defines the header.",
        &[
            "gateway/tests/messages::a_request_that_goes_round_in_circles_is_rejected_on_its_third_round",
            "gateway/tests/messages::a_function_cannot_hide_that_a_request_went_through_here",
            "gateway/tests/messages::a_custom_header_cannot_hide_that_a_request_went_through_here",
        ],
    ),
    decided(
        59,
        "What is kept of an answer to one viewer's own conditions or range?",
        "A range in parts, and a whole 200. No error, and no 206 or 304 that an origin-response function gave another status; nor does such an error keep a stale copy in use.",
        "It is no answer to others: one viewer could give all of them an error, or ten bytes for the whole.",
        &[
            "gateway/tests/decisions::decision_59_a_part_that_a_function_calls_the_whole_is_not_kept",
            "gateway/tests/http_caching::decision_59_an_error_that_one_viewers_conditions_may_have_caused_is_not_kept",
            "gateway/tests/http_caching::an_error_of_one_viewers_conditions_does_not_keep_a_stale_copy_in_use",
        ],
    ),
    decided(
        60,
        "When are the headers removed that `Connection` names?",
        "When a request or an answer arrives, before any function and any cache key. What functions and Brink add stays. `Host`, what frames the message, `CDN-Loop`, `Via` and `X-Forwarded-For` cannot be removed.",
        "RFC 9110, 7.6.1 says it of the message that was received. A key that has a header which the origin did not get would give one viewer's answer to others.",
        &[
            "gateway/tests/decisions::decision_60_the_key_has_no_header_that_the_origin_did_not_get",
            "gateway/tests/decisions::decision_60_a_viewer_removes_nothing_that_functions_and_the_proxy_add",
            "gateway/tests/decisions::decision_60_an_origin_removes_nothing_that_functions_add",
        ],
    ),
    decided(
        61,
        "What becomes of a path whose dot segments lead above its root?",
        "A viewer's is rejected with 400, also where only servers that take `%2F`, `%5C` or `\\` for a slash would read it so. One that a function wrote is sent to an origin without a path, and is 502 for an origin that has one.",
        "Behind the path of an origin, `/../base/private/x` is a page that a guard on `/private/*` did not see. nginx rejects such paths too; browsers never send them.",
        &[
            "gateway/tests/decisions::decision_61_a_path_that_leads_above_the_root_is_rejected",
            "gateway/tests/decisions::decision_61_a_function_cannot_lead_out_of_the_origins_path",
        ],
    ),
];
