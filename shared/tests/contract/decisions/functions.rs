//! Decisions on functions, and on requests and answers as functions see them.

use super::{Decision, decided};

pub const FUNCTIONS: &[Decision] = &[
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
        "`Age`, on hits, and the headers of the response headers policy (decision 73). `Via`, `X-Cache` and `X-Amz-Cf-Id` are added after it.",
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
];
