//! The decisions on questions that the sources leave open, in the contract's order.

/// A question that the sources leave open.
pub struct Decision {
    pub number: u8,
    pub question: &'static str,
    pub decision: &'static str,
    pub why: &'static str,
    /// Tests beside the cases of the table that name the decision: folder or file, `::`, function.
    pub tests: &'static [&'static str],
}

const fn decided(
    number: u8,
    question: &'static str,
    decision: &'static str,
    why: &'static str,
    tests: &'static [&'static str],
) -> Decision {
    Decision { number, question, decision, why, tests }
}

pub const DECISIONS: &[Decision] = &[
    decided(
        1,
        "Which status does an execution error have?",
        "503.",
        "It is what the service sends today.",
        &["gateway/tests/decisions::decision_01_an_execution_error_is_503"],
    ),
    decided(
        2,
        "How is a returned request told from a response, and what is neither?",
        "At request triggers an object with `status` is a response and any other a request; response triggers take responses only. Null, arrays, texts and numbers are rejected. `{}` at a request trigger changes nothing.",
        "`status` is the one field that a response must have and a request never has.",
        &["gateway/tests/decisions::decision_02_a_response_is_what_has_a_status"],
    ),
    decided(
        3,
        "Which status do values have that break a rule of which only \"an error\" is said?",
        "502, LambdaValidationError.",
        "One class of mistake has one answer.",
        &["gateway/tests/decisions::decision_03_every_broken_rule_is_502"],
    ),
    decided(
        4,
        "What becomes of a replacement body that is too large?",
        "At run time it is cut to 40 KB or 1 MB of decoded bytes; read strictly it is rejected.",
        "The restrictions page says truncated; an author should hear of it.",
        &["gateway/tests/decisions::decision_04_an_oversized_replacement_body_is_cut"],
    ),
    decided(
        5,
        "What is a KB, and what counts?",
        "1,024 bytes. Names and values of all headers and the decoded body count; status line and separators do not.",
        "It can be computed from the value alone.",
        &["gateway/tests/decisions::decision_05_sizes_are_headers_and_body_in_units_of_1024"],
    ),
    decided(
        6,
        "Are responses of the response triggers capped too?",
        "Yes: 1 MB at origin-response, 40 KB at viewer-response.",
        "The quota names the events, not only the request events.",
        &["gateway/tests/decisions::decision_06_the_response_triggers_have_the_cap_too"],
    ),
    decided(
        7,
        "May viewer-response replace the body?",
        "No. At run time `body` is ignored; read strictly it is rejected.",
        "Nothing says that it may, and a function that tries is mistaken.",
        &[
            "gateway/tests/decisions::decision_07_and_08_the_viewer_response_changes_neither_body_nor_status",
        ],
    ),
    decided(
        8,
        "What if viewer-response changes the status?",
        "At run time the change is ignored; read strictly it is rejected.",
        "The restrictions page says that it cannot.",
        &[
            "gateway/tests/decisions::decision_07_and_08_the_viewer_response_changes_neither_body_nor_status",
        ],
    ),
    decided(
        9,
        "Which responses may have no body?",
        "Those of status 204, at viewer-request, origin-request and origin-response; an empty body is none. With 304 and HEAD a body is accepted and not sent.",
        "No 204 with a body can be sent as HTTP.",
        &["gateway/tests/decisions::decision_09_204_has_no_body"],
    ),
    decided(
        10,
        "What if fields are left out, or read-only ones edited?",
        "What is left out, or null, stays as it was; only `status` is required. Edits of `method`, `clientIp`, `inputTruncated`, and `origin` at viewer-request are ignored at run time and rejected strictly.",
        "Functions return what they changed; an edit without effect is a mistake that only its author can mend.",
        &["gateway/tests/decisions::decision_10_what_is_left_out_stays"],
    ),
    decided(
        11,
        "May a read-only header be removed, or written in another way?",
        "Removing it is rejected like an edit, and so is other white space in its value; another case of `key` is no edit.",
        "It is what the service does today; names have no case, values do.",
        &["gateway/tests/decisions::decision_11_read_only_headers_stay_as_they_came"],
    ),
    decided(
        12,
        "What becomes of disallowed headers of an origin's answer?",
        "Functions do not see them; they stay with the answer. Those of the connection never reach a viewer.",
        "A function must not take away by accident what it was not shown.",
        &["gateway/tests/decisions::decision_12_hidden_headers_stay_with_their_answer"],
    ),
    decided(
        13,
        "What is origin-response shown when the origin answers 304 about a stored copy?",
        "The copy, with its status and the headers brought up to date; edits go into the stored copy.",
        "It is the answer that goes on.",
        &[
            "gateway/tests/decisions::decision_13_a_confirmed_copy_is_shown_and_edited_as_it_is_kept",
        ],
    ),
    decided(
        14,
        "Which functions run for the fetch of an error page?",
        "origin-request and origin-response of the page's behavior; no viewer trigger.",
        "No viewer asked for the page.",
        &[
            "gateway/tests/decisions::decision_14_an_error_page_is_fetched_through_its_own_origin_functions",
        ],
    ),
    decided(
        15,
        "Are failures of functions cached, failed over, or shown as error pages?",
        "Neither cached nor failed over. Error pages stand in for validation and execution errors, not for limits.",
        "The origin did not fail; a limit means that no more work should be made.",
        &[
            "gateway/tests/decisions::decision_15_failures_are_not_kept",
            "gateway/tests/decisions::decision_15_failures_do_not_turn_to_the_secondary",
            "gateway/tests/decisions::decision_15_error_pages_stand_in_for_validation_and_execution_only",
        ],
    ),
    decided(
        16,
        "What becomes of generated responses of status 400 and above, and of those without a lifetime?",
        "From viewer-request: sent as they are. From origin-request: as from an origin, with error page and error lifetime, and viewer-response is not run. Without `Cache-Control` the default lifetime holds.",
        "origin-request stands in the origin's place.",
        &[
            "gateway/tests/decisions::decision_16_errors_that_functions_generate",
            "gateway/tests/decisions::decision_16_a_generated_answer_is_kept_for_the_default_ttl",
        ],
    ),
    decided(
        17,
        "By which status is viewer-response run or not?",
        "By the status of the origin, or of origin-request in its place. At 400 and above it is not run, even if origin-response changed the status. This holds for cached answers too.",
        "The trigger page speaks of the status that the origin returns.",
        &[
            "gateway/tests/decisions::decision_17_the_viewer_response_goes_by_the_status_of_the_origin",
            "gateway/tests/decisions::decision_17_a_confirmed_copy_keeps_the_status_of_the_origin",
        ],
    ),
    decided(
        18,
        "In which order do the proxy's own checks and viewer-request come?",
        "Quotas and syntax (413, 400, 403), host, method, then viewer-request. GET with a body is 403 before it.",
        "What is no request is no event.",
        &[
            "gateway/tests/decisions::decision_18_and_19_syntax_host_and_method_come_before_any_function",
        ],
    ),
    decided(
        19,
        "Does viewer-response run for the proxy's own answers?",
        "No: not for 400, 403, 413, 416, nor for error pages.",
        "There is no answer of an origin to change.",
        &[
            "gateway/tests/decisions::decision_18_and_19_syntax_host_and_method_come_before_any_function",
            "gateway/tests/decisions::decision_19_the_viewer_response_does_not_run_for_a_range_that_is_not_there",
            "gateway/tests/decisions::decision_19_the_viewer_response_does_not_run_for_error_pages",
        ],
    ),
    decided(
        20,
        "What becomes of WebSocket upgrades?",
        "A GET of HTTP/1.1 that asks for a WebSocket goes to the origin past the cache, with its `Sec-WebSocket-*` headers whatever the policies select. viewer-request and origin-request run and may answer it. If the origin switches, neither response trigger runs; if it does not, its answer is an ordinary one. Other upgrades are ignored.",
        "Functions can judge the request like any other. After a 101 there is no response to change. The handshake needs these headers, and an answer that is not kept cannot be poisoned.",
        &[
            "gateway/tests/decisions::decision_20_an_upgrade_that_is_declined_is_an_ordinary_request",
            "gateway/tests/messages::bytes_pass_both_ways_and_the_request_runs_its_functions",
            "gateway/tests/messages::functions_can_deny_it_and_origins_decline_it",
        ],
    ),
    decided(
        21,
        "How do functions and failover meet?",
        "Failover goes by the origin's own status. origin-response runs once, for the answer that is used; origin-request runs again for the secondary and sees it. An origin set by a function does not end the failover.",
        "Failover is about origins, not about what functions make of them.",
        &[
            "gateway/tests/decisions::decision_21_failover_goes_by_the_origins_status_and_runs_origin_response_once",
            "gateway/tests/decisions::decision_21_an_origin_of_the_functions_own_does_not_end_the_failover",
        ],
    ),
    decided(
        22,
        "What do order, repeated lines and case mean in a returned header map?",
        "Lines keep their order and may repeat. A `value` that is an array of texts becomes one line for each text. Map keys may be in any case, and keys that differ only in case are one header. The map key is the header's name, even if `key` has another one.",
        "Names have no case in HTTP. The guide's own sample puts an entry with another `key` under a name and expects it to work; every check is about the name that is sent.",
        &[
            "gateway/tests/decisions::decision_22_lines_keep_their_order_and_the_map_key_is_the_name",
        ],
    ),
    decided(
        23,
        "Which headers describe a replaced body?",
        "`Content-Length` is always written by the proxy; `Content-Encoding` and `ETag` are the function's to set. If the behavior compresses, a body of an origin function is compressed by the same rules as an origin's.",
        "A wrong length breaks the connection, the others only mislead.",
        &[
            "gateway/tests/decisions::decision_23_a_replaced_body_has_its_own_length_and_the_rest_is_the_functions",
            "gateway/tests/compression::bodies_of_origin_functions_are_compressed_by_the_same_rules",
        ],
    ),
    decided(
        24,
        "Do headers that functions add reach the origin?",
        "Those of viewer-request if cache key or forward policy selects them, those of origin-request always.",
        "The policy is applied between the two.",
        &[
            "gateway/tests/decisions::decision_24_the_viewer_request_adds_what_is_selected_and_the_origin_request_anything",
        ],
    ),
    decided(
        25,
        "Does `Set-Cookie` survive when cookies are not forwarded?",
        "That of the origin is removed before origin-response is shown the answer; that of functions survives.",
        "The origin could not know whose cookie it sets; a function does.",
        &[
            "gateway/tests/decisions::decision_25_cookies_of_functions_survive_and_the_origins_need_forwarding",
        ],
    ),
    decided(
        26,
        "Which `querystring` do origin triggers see?",
        "The one that goes to the origin: the selected parameters.",
        "They see the request about to be sent.",
        &["gateway/tests/decisions::decision_26_the_origin_side_query_is_what_is_selected"],
    ),
    decided(
        27,
        "What are `Host` and the TLS name after a change of the origin?",
        "`Host` becomes that of the new origin, unless the function wrote another one or the policy forwards the viewer's; a bucket never gets the viewer's. If the function returns `Host` unchanged, it counts as not written. TLS names the new domain; the certificate may also match `Host`.",
        "A server or bucket answers with an error or with another site if it gets the wrong name.",
        &[
            "gateway/tests/decisions::decision_27_host_follows_the_domain_unless_somebody_else_set_it",
            "gateway/tests/abilities::the_origin_request_swaps_a_bucket_for_a_server_or_another_bucket",
            "gateway/tests/decisions::decision_27_the_new_domain_is_named_in_tls_and_host_may_fit_the_certificate",
        ],
    ),
    decided(
        28,
        "Is the origin's path a part of `uri`, and may it be `/`?",
        "No, and no: a path does not end with `/`.",
        "They are two fields.",
        &["gateway/tests/decisions::decision_28_the_origins_path_is_no_part_of_the_uri"],
    ),
    decided(
        29,
        "What is `body` for a request without one, with Include Body?",
        "There with `data` empty and `inputTruncated` false.",
        "Functions need not ask whether it is there.",
        &["gateway/tests/decisions::decision_29_with_include_body_there_is_always_one"],
    ),
    decided(
        30,
        "Which request is viewer-response given?",
        "The viewer's as viewer-request changed it.",
        "It is the request that was answered.",
        &["gateway/tests/decisions::decision_30_the_viewer_response_is_given_the_changed_request"],
    ),
    decided(
        31,
        "Which of the proxy's own headers does viewer-response see?",
        "`Age`, on hits. `Via`, `X-Cache` and `X-Amz-Cf-Id` are added after it. There are no response headers policies.",
        "The samples show `age`; the others tell of the answer as it was sent.",
        &[
            "gateway/tests/decisions::decision_31_age_is_shown_and_the_proxys_other_headers_come_after",
        ],
    ),
    decided(
        32,
        "When does the timeout start, and what becomes of work left running?",
        "With the handler's call; starting has a limit of its own. Work left running is frozen with the answer and goes on with the environment's next event.",
        "It is what Lambda does.",
        &[
            "worker/boa/src/tests/decisions.rs::decision_32_work_left_running_goes_on_with_the_next_event",
        ],
    ),
    decided(
        33,
        "Do requests that wait together share a generated answer?",
        "Yes: one run of origin-request serves them all.",
        "They wait for one answer, no matter where it comes from.",
        &[
            "gateway/tests/decisions::decision_33_requests_that_wait_together_share_one_generated_answer",
        ],
    ),
    decided(
        34,
        "Which 4xx are kept without a lifetime?",
        "400, 403, 405, 412 and 415 only with `max-age` or `s-maxage`.",
        "The table is more exact than the prose beside it.",
        &["gateway/tests/decisions::decision_34_some_errors_are_kept_only_for_as_long_as_they_say"],
    ),
    decided(
        35,
        "Which timeouts and second attempts hold for writes, and which may functions set?",
        "GET and HEAD are tried again up to the attempts, others never; the configured timeout holds for all. Functions may set 4 to 60 s; what an operator configured beyond that may come back unchanged.",
        "A write may have had its effect; an unchanged request must never be rejected.",
        &[
            "gateway/tests/decisions::decision_35_reads_are_tried_again_and_writes_are_not",
            "gateway/tests/decisions::decision_35_one_timeout_holds_for_all_and_may_be_shorter_than_functions_may_ask",
        ],
    ),
    decided(
        36,
        "What do `no-store`, `no-cache` and `private` mean with a Min TTL above zero?",
        "Min TTL overrules them: the answer is kept for so long and served without asking.",
        "A minimum that an origin can undercut is none.",
        &[
            "gateway/tests/decisions::decision_36_a_min_ttl_overrules_no_store_and_answers_without_asking",
        ],
    ),
    decided(
        37,
        "What is `context.logGroupName`?",
        "`/aws/lambda/` and the function's name, without a region.",
        "There is one home, and the sources contradict each other on the prefix.",
        &["worker/boa/src/tests/decisions.rs::decision_37_the_log_group_has_no_region"],
    ),
    decided(
        38,
        "Is `sslProtocols` a list or a minimum?",
        "A list whose values are checked. Brink speaks TLS 1.2 and 1.3 whatever is listed, older ones never.",
        "The events show a list; older versions are broken.",
        &[
            "gateway/tests/decisions::decision_38_ssl_protocols_is_a_checked_list_that_brink_does_not_speak_below",
        ],
    ),
    decided(
        39,
        "Whose value do device and country headers have?",
        "The proxy's at the origin triggers; at viewer-response the viewer's if the viewer sent one of that name, else the proxy's.",
        "Two pages contradict each other; this follows both where they can be followed.",
        &["gateway/tests::decision_39_"],
    ),
    decided(
        40,
        "What of the viewer's request reaches the origin by default?",
        "Nothing that is not selected.",
        "A cache must not depend on what its key leaves out.",
        &[
            "gateway/tests/decisions::decision_40_nothing_of_the_viewer_reaches_the_origin_unless_selected",
        ],
    ),
    decided(
        41,
        "May a custom header of the origin be in `request.headers` too?",
        "No, unless both stood in the event already.",
        "The event page says so; an unchanged request must never be rejected.",
        &[
            "gateway/tests/decisions::decision_41_a_custom_header_takes_the_viewers_place_and_no_function_may_send_it_too",
        ],
    ),
    decided(
        42,
        "On which spelling of a path are behaviors matched?",
        "On its normal form: escapes of unreserved characters are decoded, then slashes that follow each other become one, then dot segments are removed, until nothing changes. `%2F`, `%5C` and `\\` stay, and applying warns if a guard could be passed by them. Events, the cache key and the origin get the path as it came. A function that changes `uri` does not choose the behavior anew.",
        "Most servers read these spellings as one path, so a guard has to do the same. RFC 3986 keeps empty segments; CloudFront and nginx merge them. An origin that keeps empty segments reads `/a//../b` as `/a/b`, where nginx and Brink read `/b`.",
        &[
            "gateway/tests/decisions::decision_42_a_guard_sees_every_spelling_of_its_paths_as_it_came",
            "gateway/tests/decisions::decision_42_a_changed_uri_does_not_choose_another_behavior",
            "gateway/tests/paths::nginx_reads_the_same_path",
            "gateway/tests/paths::node_reads_the_same_path",
        ],
    ),
    decided(
        43,
        "Which spelling counts for the default root object, error pages and invalidation?",
        "The normal form too. Every spelling of `/` gets the default root object. The path of an error page has the behavior of its normal form. An invalidation drops every spelling of its paths.",
        "One path has one meaning. An invalidation that drops too much costs a fetch, one that drops too little shows old content.",
        &[
            "gateway/tests/decisions::decision_43_every_spelling_of_the_root_means_the_default_root_object",
            "gateway/tests/decisions::decision_43_an_error_page_has_the_behavior_of_its_normal_path",
            "gateway/src/cache/key.rs::invalidation_paths_mean_every_spelling_of_an_object",
        ],
    ),
    decided(
        44,
        "What happens if a function returns an object in the form of another service, or the event itself?",
        "It is rejected, and the error tells how to write it here: `statusCode` in place of `status`, the whole event, an object with the response in it, headers as plain texts, a body that is an object. `isBase64Encoded`, `multiValueHeaders` and `cookies` have no effect at run time; the strict reading rejects them.",
        "An object without `status` would be read as a request that changes nothing, and nobody would notice the wrong answer.",
        &["gateway/tests/decisions::decision_44_a_response_of_another_service_is_no_request"],
    ),
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
    decided(
        62,
        "Is an answer compressed if the minimum TTL is zero?",
        "Yes, if it is kept for any time. An answer that is not kept, or that the origin must confirm for each use, is passed on as it is.",
        "Older editions of the guide say that a minimum TTL of zero keeps no compressed objects. The newest does not say so, and people who measured it found that they are kept. An object that is not kept would be compressed again for each viewer.",
        &[
            "gateway/tests/compression::each_rule_about_the_answer_has_both_sides",
            "gateway/tests/compression::a_least_lifetime_makes_up_for_the_origins",
        ],
    ),
    decided(
        63,
        "Which promises of an origin forbid compression?",
        "`Cache-Control: no-transform`, and a checksum of the body: `Content-MD5`, `Digest`, `Content-Digest` or `Repr-Digest`.",
        "The guide does not mention them. RFC 9110, 7.7 forbids proxies to change a `no-transform` message, and the checksum would be wrong.",
        &["gateway/tests/compression::each_rule_about_the_answer_has_both_sides"],
    ),
    decided(
        64,
        "Which ranges does a compressed object have?",
        "None. A request for a range gets 200 and the whole object. If no copy is kept, the range of the plain object is fetched from the origin, but not if `If-Range` has a date, which both forms have.",
        "An object that is compressed again, or by another gateway, may have other bytes, and a weak tag does not tell. So a viewer could join parts of two bodies. RFC 9110, 14.2 lets a server ignore ranges.",
        &[
            "gateway/tests/compression::ranges_are_of_the_plain_object_only",
            "gateway/tests/compression::a_viewer_that_may_have_a_part_of_the_compressed_object_gets_the_whole",
        ],
    ),
    decided(
        65,
        "Which form of a compressed object do functions see?",
        "Origin-response sees the plain one, also when the origin confirms the copy. Viewer-response sees the compressed one, and cannot remove its `Content-Encoding`.",
        "Compression is a part of the cache, which is between the two. Nobody could read the body without the header.",
        &[
            "gateway/tests/compression::origin_functions_see_the_plain_object_and_viewer_functions_the_compressed_one",
            "gateway/tests/compression::no_function_takes_the_encoding_from_a_compressed_body",
        ],
    ),
    decided(
        66,
        "Which answers say `Vary: Accept-Encoding`?",
        "Each one that is compressed for some viewers, also in its plain form.",
        "The guide does not mention it. Without it, a cache between gateway and viewer gives the compressed form to viewers that cannot read it (RFC 9110, 12.5.5).",
        &["gateway/tests/compression::viewers_get_an_encoding_that_they_accept"],
    ),
    decided(
        67,
        "Does a viewer that accepts both encodings get a gzip copy that is kept already?",
        "No. Each normal form of `Accept-Encoding` has a copy of its own.",
        "An older edition of the guide says so, and the newest does not. The normal form is a part of the key, and the first viewer of an object must not decide for all others.",
        &["gateway/tests/compression::viewers_get_an_encoding_that_they_accept"],
    ),
    decided(
        68,
        "Where do the gateway's client certificate, its signatures and HTTP/2 go after a change of the origin?",
        "To the server or bucket for which the distribution names them, also if a function chose it for another behavior. A server or bucket that the distribution does not have is asked over HTTP/1.1, without certificate and signature.",
        "They prove who the gateway is. A name in a function's answer, which may be made of a viewer's request, must not decide who gets such a proof.",
        &["gateway/tests/origin_side::a_distribution_names_certificate_and_version"],
    ),
    decided(
        69,
        "Which requests are sent again over HTTP/2?",
        "GET and HEAD as over HTTP/1.1. Any request, up to twice, if the origin refused its stream or ended the connection before it, unless its body is still arriving.",
        "RFC 9113, 8.7: such a request was not processed. The part of a body that was sent is gone.",
        &[
            "gateway/tests/origin_side::a_refused_request_is_sent_again_if_its_body_is_here",
            "gateway/tests/origin_side::a_request_that_goaway_leaves_out_is_sent_again",
            "gateway/tests/origin_side::a_request_that_may_have_been_processed_is_not_sent_again",
        ],
    ),
    decided(
        70,
        "How is a request to a bucket spelled when it is signed?",
        "Everything but letters, digits, `-._~` and the slashes of the path is percent-encoded; `%2F` becomes a slash, and `+` in a query a space. `Host` and every `x-amz-*` header are signed, the body is not.",
        "S3 computes the signature from the decoded path and query. In this one spelling, what is sent and what is signed cannot differ.",
        &[
            "gateway/tests/origin_side::botocore_makes_the_same_signatures",
            "gateway/tests/origin_side::a_distribution_reads_and_writes_a_private_bucket",
        ],
    ),
];
