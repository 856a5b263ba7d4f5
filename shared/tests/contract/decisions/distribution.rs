//! Decisions on the settings of a distribution: compression, access, policies, access logs, HTTPS and
//! origins.

use super::{Decision, decided};

pub const DISTRIBUTION: &[Decision] = &[
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
        "In which order do restrictions of viewers come, and what do they come before?",
        "After the method: address, country, rate, signature. Then viewer-request. A request that is refused runs no function, and may get an error page. The page itself needs none of them.",
        "Cheap checks come first, and a client is counted before its signature costs time. Functions need not guard what the proxy guards.",
        &[
            "gateway/tests/access::decision_68_address_country_rate_and_signature_come_before_the_function",
            "gateway/tests/access::an_error_page_needs_no_signature",
        ],
    ),
    decided(
        69,
        "Who sees the parameters and cookies of a signature?",
        "Nobody behind the check: no function, no cache key, no origin. A behavior without key groups leaves them alone.",
        "The sources say it of the origin. A function that writes its query into a redirect must not publish a signature.",
        &[
            "gateway/tests/access::nobody_behind_the_check_sees_the_signature",
            "gateway/tests/access::a_behavior_without_key_groups_leaves_the_parameters_alone",
        ],
    ),
    decided(
        70,
        "What do doubtful signatures and policies mean?",
        "A parameter twice in a URL is refused; of cookies the first counts. If there is a custom policy, Expires means nothing. A policy with a condition that is not known is refused. Without Resource it is for everything behind its key. `0.0.0.0/0` is every viewer, also with IPv6; IPv6 networks are allowed. An escape of a character that needs none is the character.",
        "What is not understood must not open anything. Browsers send the cookie of the longest path first.",
        &[
            "gateway/tests/access::what_is_not_signed_for_this_viewer_is_refused",
            "gateway/tests/access::both_policies_keys_hashes_and_carriers_open_the_door",
        ],
    ),
    decided(
        71,
        "May a wildcard of a policy match dot segments?",
        "Only if the policy also allows the path without them, read as the most liberal server reads it (`%2F`, `%5C` and `\\` are slashes).",
        "An origin may read `/a/../b` as `/b`, for which the policy may not be.",
        &["gateway/tests/access::a_wildcard_does_not_reach_above_its_folder"],
    ),
    decided(
        72,
        "What if a distribution is restricted to countries, and a gateway has no database of places?",
        "It answers nobody, with 503. A viewer that the database does not have is answered.",
        "The sources say that a viewer in an unknown place is answered. Where all places are unknown, that would be a restriction without effect.",
        &[
            "gateway/tests/access::a_gateway_without_a_database_answers_nobody",
            "gateway/tests/access::viewers_in_other_countries_are_refused",
        ],
    ),
    decided(
        73,
        "Which answers does a response headers policy change, and when?",
        "Every answer to a request that matched the behavior, also redirects to HTTPS, errors of the gateway, error pages and answers of functions, but no 101. After the cache and before the viewer-response function, which sees its headers and may change them. An error page has the policy of the viewer's request. On error pages and errors of the gateway, the policy changes no `Cache-Control`, `Expires`, `Age` and `Pragma`. `Server-Timing` is written last.",
        "CloudFront's guide says that headers are added to all responses of the behavior; its announcement says that this happens after the cache and before the viewer response event. A page that may be kept for a year would make a refusal last that long. `Server-Timing` tells how long the answer took.",
        &[
            "gateway/tests/policies::the_policy_is_for_every_answer_of_its_behavior",
            "gateway/tests/policies::answers_of_functions_have_the_policy_too",
            "gateway/tests/policies::a_policy_does_not_say_how_long_errors_are_kept",
            "gateway/tests/policies::the_viewer_response_function_sees_the_policys_headers_and_has_the_last_word",
        ],
    ),
    decided(
        74,
        "Which requests get CORS headers, and which of them?",
        "Those with one `Origin`, as the viewer sent it. `-Allow-Origin`, `-Allow-Credentials` and `-Expose-Headers` are for all of them, `-Allow-Methods`, `-Allow-Headers` and `-Max-Age` for OPTIONS. OPTIONS goes to the origin like any request.",
        "The guide says so, except that its page of managed policies shows `-Expose-Headers` for OPTIONS only, where browsers ignore it.",
        &[
            "gateway/tests/policies::simple_cors_is_for_pages_of_every_origin",
            "gateway/tests/policies::a_preflight_goes_to_the_origin_and_its_answer_gets_all_headers",
            "gateway/tests/policies::the_viewers_own_origin_counts_whatever_a_function_does",
        ],
    ),
    decided(
        75,
        "Which origins does an entry of `allow_origins` match?",
        "Scheme, host and port must be the same. An entry without a scheme matches `http` and `https`; one without a port matches origins that name none. `*.` stands for one or more labels and not for the domain itself. `null` matches only `*`.",
        "The guide has examples only. A looser match would let pages read answers that the operator did not mean.",
        &[
            "shared/tests/properties::an_origin_that_matches_is_below_the_domain",
            "shared/tests/properties::every_host_below_the_domain_matches",
            "gateway/tests/policies::only_listed_origins_are_told_that_they_may_read",
        ],
    ),
    decided(
        76,
        "What if a policy overrides the origin's CORS headers and does not allow the viewer's `Origin`?",
        "The answer has none of the headers that the policy sets. Without `override`, the origin's stay.",
        "The operator said that the origin's word does not count.",
        &["gateway/tests/policies::the_origin_servers_word_counts_unless_it_is_overridden"],
    ),
    decided(
        77,
        "When does a policy add `Vary: Origin`?",
        "With a list in `allow_origins`, for every answer; with `*`, never.",
        "The Fetch standard asks for it where the answer names an origin: a cache behind the gateway must not give one page's answer to another.",
        &[
            "gateway/tests/policies::only_listed_origins_are_told_that_they_may_read",
            "gateway/tests/policies::simple_cors_is_for_pages_of_every_origin",
        ],
    ),
    decided(
        78,
        "Which metrics has `Server-Timing` for answers of which the guide says nothing?",
        "An answer that the origin confirmed has the times of the origin, and no layer. An answer of a function or of the gateway has the gateway, the request's id and the time in all. `cdn-pop` is the gateway's name; the layer is `EDGE`.",
        "The guide names the layer for full objects only. Such answers are neither hit nor miss.",
        &[
            "gateway/tests/policies::an_answer_tells_how_it_came_about",
            "gateway/tests/policies::answers_that_are_not_the_origins_have_no_cache_metric",
        ],
    ),
    decided(
        79,
        "Which words have functions' failures in the access log?",
        "Those of `X-Cache` in all three result fields: `LambdaExecutionError`, `LambdaValidationError`, `LambdaLimitExceeded`. If the viewer gets an error page instead, the result is `Error`, and the detailed result has the function's word. An answer that a function made is `LambdaGeneratedResponse`, whatever its status.",
        "The guide says that these fields note failures of functions, and prints no words. One word for one thing lets a line be found by its answer.",
        &[
            "gateway/tests/access_log::answers_of_cache_origin_and_functions_have_the_results_of_x_cache",
        ],
    ),
    decided(
        80,
        "Are requests logged that are rejected, or that no distribution answers?",
        "Yes, also those beyond the limits of size. A request without a distribution is in a log of its own, unless the gateway's setting `access_log.unmatched` is false.",
        "CloudFront leaves out requests that are too large. An operator who looks for the cause of a 413 needs the line.",
        &["gateway/tests/access_log::rejected_requests_are_logged_with_what_is_known_of_them"],
    ),
    decided(
        81,
        "Which bytes and results has a request whose viewer leaves?",
        "The bytes that the system had taken for the viewer. The result is `Error`, detailed `ClientCommError` within the answer, and `ClientHungUpRequest` with status 000 before it. The result of the response keeps the word that the answer had when it was ready.",
        "The guide says that the result may change between the two moments. What the network loses later cannot be seen.",
        &["gateway/tests/access_log::viewers_who_leave_are_logged_with_what_they_got"],
    ),
    decided(
        82,
        "When does the viewer protocol policy apply, and which port does its redirect name?",
        "Once the behavior is known: before the method is checked, before any function, and without an error page. If the viewer named a port, the redirect has the gateway's port for HTTPS; otherwise it has none.",
        "A function would see a secret that came in the clear. A viewer that named no port reached the gateway through something that chose the port.",
        &[
            "gateway/tests/https::requests_over_http_are_redirected_with_cloudfronts_statuses",
            "gateway/tests/https::a_behavior_for_https_only_rejects_http",
            "gateway/src/pipeline/viewer_protocol.rs::the_location_is_the_same_url_over_https",
        ],
    ),
    decided(
        83,
        "Which distribution answers if the name in the handshake and `Host` differ?",
        "That of `Host`. In HTTP/2, `:authority` is `Host`, and a `Host` that differs from it is 400.",
        "Viewers use one connection for all names of a certificate (RFC 9113, 9.1.1). Two names in one request would let two servers choose differently.",
        &[
            "gateway/tests/https::a_request_belongs_to_the_distribution_of_its_host",
            "gateway/src/http2/head.rs::heads_that_servers_might_read_differently_are_rejected",
        ],
    ),
    decided(
        84,
        "Where do the gateway's client certificate, its signatures and HTTP/2 go after a change of the origin?",
        "To the server or bucket for which the distribution names them, also if a function chose it for another behavior. A server or bucket that the distribution does not have is asked over HTTP/1.1, without certificate and signature.",
        "They prove who the gateway is. A name in a function's answer, which may be made of a viewer's request, must not decide who gets such a proof.",
        &["gateway/tests/origin_side::a_distribution_names_certificate_and_version"],
    ),
    decided(
        85,
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
        86,
        "How is a request to a bucket spelled when it is signed?",
        "Everything but letters, digits, `-._~` and the slashes of the path is percent-encoded; `%2F` becomes a slash, and `+` in a query a space. `Host` and every `x-amz-*` header are signed, the body is not.",
        "S3 computes the signature from the decoded path and query. In this one spelling, what is sent and what is signed cannot differ.",
        &[
            "gateway/tests/origin_side::botocore_makes_the_same_signatures",
            "gateway/tests/origin_side::a_distribution_reads_and_writes_a_private_bucket",
        ],
    ),
    decided(
        87,
        "Which behavior does `/` have if there is a default root object?",
        "That of the object. A function still sees `/`, and a signature must be for `/`. A behavior with the pattern `/` matches nothing then, and `brink distribution apply` warns of it.",
        "The documentation does not say it. By the behavior of `/`, viewers would get the object without its signature, its lists and its functions.",
        &[
            "gateway/tests/access::decision_87_the_root_has_the_guards_of_its_object",
            "gateway/src/routing/tests.rs::the_root_has_the_behavior_of_its_object",
            "shared/src/registry/warnings/guards.rs::a_behavior_of_the_root_alone_is_told_of_if_there_is_a_root_object",
        ],
    ),
    decided(
        88,
        "Which gateways are the Origin Shield of an origin?",
        "Those of the site that `origin_shield` names. Each resource, with all its variants and ranges, has one of them by rendezvous hashing. A shield asks the origin itself, even if another gateway is the shield in its own view.",
        "CloudFront names a region, and does not say how it chooses within the region. With this hashing, gateways agree without messages, and a gateway that joins moves its own share only. A question that goes one step only cannot go in circles.",
        &[
            "gateway/src/shield/placement.rs::a_gateway_that_joins_takes_its_share_and_moves_nothing_else",
            "gateway/tests/shield.rs::many_gateways_fetch_an_object_once_and_run_its_functions_once",
            "gateway/tests/shield::a_question_goes_no_further_however_views_differ",
        ],
    ),
    decided(
        89,
        "Which requests go through an Origin Shield?",
        "GET and HEAD of behaviors with a cache. All others go to the origin directly.",
        "CloudFront sends all. A shield could only pass the others on, and an upload cannot be sent again if the shield fails.",
        &["gateway/tests/shield.rs::requests_that_no_cache_answers_go_to_the_origin_directly"],
    ),
    decided(
        90,
        "What becomes of a request if its Origin Shield does not answer?",
        "Another gateway of the site is asked, and then the origin. Origin-request and origin-response then run at the viewer's gateway instead of the shield. If the shield says that the origin failed, the origin is not asked again.",
        "CloudFront goes to another region. A shield must not be a reason for an error. If each gateway repeated what the shield has tried, the origin would get all requests when it can bear them least.",
        &[
            "deploy/tests/shield.rs::no_viewer_notices_that_a_shield_was_killed",
            "deploy/tests/shield.rs::a_shield_that_stands_still_is_left_out_and_used_again_later",
            "deploy/tests/shield.rs::a_body_goes_on_when_its_shield_dies_or_stands_still",
            "gateway/tests/shield.rs::a_shield_that_stops_answers_what_it_has_and_gets_no_more",
            "gateway/tests/shield.rs::the_origins_fault_is_told_as_it_is_and_the_secondary_is_asked",
        ],
    ),
    decided(
        91,
        "What is a hit at the Origin Shield in `X-Cache`, logs and `Server-Timing`?",
        "`Hit`. Only `x-edge-detailed-result-type` has `OriginShieldHit`, and `cdn-hit-layer` has `Origin Shield`.",
        "The guide says so of these two, and `Server-Timing` calls it a hit. All words for one answer should agree.",
        &["gateway/tests/shield.rs::a_hit_at_the_shield_is_a_hit_and_the_log_says_whose"],
    ),
    decided(
        92,
        "Which copies of an Origin Shield may a gateway get?",
        "Copies that were fetched after the invalidations that the gateway has applied, and after the writes of the resource that it has passed on. It keeps them for no longer than the shield.",
        "Otherwise a gateway would get back what it has just dropped, and objects without a lifetime would live for twice the default TTL.",
        &[
            "gateway/tests/shield::a_shield_answers_only_what_it_may",
            "gateway/tests/shield.rs::a_write_at_one_gateway_outdates_the_copies_of_the_shield",
            "gateway/tests/shield.rs::no_gateway_keeps_an_object_for_longer_than_its_shield",
            "deploy/tests/shield.rs::no_gateway_gets_an_object_back_that_it_has_invalidated",
        ],
    ),
    decided(
        93,
        "Whom does an Origin Shield answer?",
        "Those who show a certificate of the gateways' authority, at an address of its own. The addresses for viewers know no questions.",
        "The gateway that asks has checked signatures, countries and lists. A header that says so could be forged.",
        &[
            "gateway/tests/shield::nobody_without_a_gateways_certificate_gets_an_answer",
            "gateway/tests/shield::a_viewer_who_writes_a_question_is_a_viewer_like_any_other",
        ],
    ),
];
