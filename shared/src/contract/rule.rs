//! The rules of the contract, each with its number, its words and its source.
//!
//! Errors end with a rule, the tests check cases for every rule, and the reference for users is
//! generated from this table.

use std::fmt;

/// Defines [`Rule`] and its table, one rule a block: its variant, its number, the other numbers
/// under which the contract says the same, its sentence, its source.
macro_rules! rules {
    ($($variant:ident $number:literal $also:tt $sentence:literal $source:literal)*) => {
        /// One rule about what a function may return.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $sentence] $variant,)*
        }

        impl Rule {
            /// All rules, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The section of the contract, and the rule's place in it: `2.5.8`.
            pub const fn number(self) -> &'static str {
                match self { $(Self::$variant => $number,)* }
            }

            /// Further numbers under which the contract states or needs the same rule.
            pub const fn also(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &$also,)* }
            }

            /// The rule in one sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// Where the rule comes from: a page of the CloudFront Developer Guide by its file
            /// name, an RFC, or `brink` for a limit of our own.
            pub const fn source(self) -> &'static str {
                match self { $(Self::$variant => $source,)* }
            }
        }
    };
}

rules! {
    ClientIp "2.2.1" []
        "`clientIp` is read-only."
        "lambda-event-structure"
    Method "2.2.2" []
        "`method` is read-only."
        "lambda-event-structure"
    Uri "2.2.3" ["3.5.12"]
        "`uri` begins with `/` and has no space, control character, `?` or `#`."
        "lambda-event-structure"
    Querystring "2.2.4" ["3.5.12"]
        "`querystring` is text without space, control character or `#`."
        "edge-functions-restrictions"
    Body "2.2.6" []
        "`body` of a request is an object."
        "lambda-event-structure"
    OriginTrigger "2.2.7" []
        "Only origin-request changes `origin`."
        "lambda-event-structure"
    InputTruncated "2.3.1" []
        "`inputTruncated` is read-only."
        "lambda-event-structure"
    BodyAction "2.3.2" ["3.4.6", "3.4.7"]
        "`action` is `read-only`, which leaves the viewer's whole body as it is, or `replace`."
        "lambda-event-structure"
    RequestEncoding "2.3.3" []
        "`encoding` is `base64`, also when it is left out, or `text`."
        "lambda-event-structure"
    BodyData "2.3.4" []
        "With `replace`, `data` is the new body, as text."
        "lambda-event-structure"
    HeaderMap "2.4.1" ["2.2.5", "2.6.3", "3.3.3"]
        "`headers` is an object of names, each with an array of `{key, value}`; a name that is left out is a header removed."
        "lambda-event-structure"
    HeaderName "2.4.2" []
        "The name of a header is a token of HTTP of at most 20,480 bytes; upper case is taken for lower case."
        "RFC 9110, 5.1"
    HeaderKey "2.4.3" ["3.4.4"]
        "`key` gives the spelling of the header's name. If it is missing or is another name, each part of the name is capitalized."
        "lambda-event-structure"
    HeaderValue "2.4.4" []
        "`value` is a text without control characters except tabs, or an array of such texts, one for each line."
        "RFC 9110, 5.5"
    HeaderLines "2.4.5" []
        "There are at most 1,024 header lines."
        "brink"
    OneHost "2.4.6" []
        "origin-request leaves at most one `host`; without one, the origin's own name is sent."
        "RFC 9112, 3.2"
    OriginKind "2.5.1" ["3.5.13"]
        "`origin` has exactly one of `custom` and `s3`."
        "lambda-event-structure"
    CustomHeaderClash "2.5.2" ["3.5.13"]
        "A custom header is not in `request.headers` too, unless both stood in the event."
        "lambda-event-structure"
    CustomDomain "2.5.3" ["3.5.13"]
        "`domainName` of a custom origin is a DNS name of at most 253 characters: no address, no port."
        "lambda-event-structure"
    S3Domain "2.5.4" ["3.5.13"]
        "`domainName` of a bucket is a DNS name in lower case of at most 128 characters."
        "lambda-event-structure"
    OriginPath "2.5.5" ["3.5.13"]
        "`path` of an origin is empty, or begins and does not end with `/`."
        "lambda-event-structure"
    PathCharacters "2.5.6" ["3.5.13"]
        "`path` of a custom origin is URL-encoded and has at most 255 characters; that of a bucket has no space, control character, `?` or `#`."
        "lambda-event-structure"
    KeepaliveTimeout "2.5.7" ["3.5.13"]
        "`keepaliveTimeout` is 1 to 60 seconds."
        "lambda-event-structure"
    Port "2.5.8" ["3.5.13"]
        "`port` is 80, 443 or 1024 to 65535."
        "lambda-event-structure"
    Protocol "2.5.9" ["3.5.13"]
        "`protocol` is `http` or `https`."
        "lambda-event-structure"
    ReadTimeout "2.5.10" ["3.5.13"]
        "`readTimeout` is 4 to 60 seconds."
        "lambda-event-structure"
    SslProtocols "2.5.11" ["3.5.13"]
        "`sslProtocols` lists any of `TLSv1.2`, `TLSv1.1`, `TLSv1` and `SSLv3`."
        "lambda-event-structure"
    AuthMethod "2.5.12" ["3.5.13"]
        "`authMethod` is `none`, also when it is left out, or `origin-access-identity`."
        "lambda-event-structure"
    Region "2.5.13" ["3.5.13"]
        "`region` names a region; with `origin-access-identity` it may not be empty."
        "lambda-event-structure"
    AccessIdentity "2.5.14" ["3.5.13"]
        "`origin-access-identity` is for requests whose origin in the event has it already: another bucket keeps the same identity, a custom origin has none."
        "lambda-event-structure"
    ViewerBody "2.6.4" []
        "viewer-response does not replace the body."
        "lambda-updating-http-responses"
    Returned "3.2.1" ["3.2.2", "3.2.3", "3.2.4", "3.5.3"]
        "The value is an object: with `status` a response, without it a request, which only request triggers may return; what it leaves out stays as it was."
        "lambda-edge-authoring-functions"
    Status "3.3.1" ["2.6.1", "3.5.9"]
        "`status` is 200 to 599, as text or as a number."
        "lambda-generating-http-responses-in-requests"
    StatusDescription "3.3.2" ["2.6.2"]
        "`statusDescription` is text of at most 1,024 bytes without control characters, a tab excepted."
        "RFC 9112, 4"
    ResponseBody "3.3.4" ["3.4.1", "3.4.2", "3.4.3"]
        "`body` of a response is text; at origin-response none leaves the origin's body, an empty one removes it."
        "lambda-updating-http-responses"
    ResponseEncoding "3.3.5" ["3.4.5", "3.5.11"]
        "`bodyEncoding` is `text`, also when it is left out, or `base64`."
        "lambda-generating-http-responses-in-requests"
    Json "3.5.1" []
        "The value has a JSON form."
        "lambda-edge-testing-debugging"
    Required "3.5.2" []
        "What the contract requires is there."
        "lambda-edge-testing-debugging"
    NoContent "3.5.7" []
        "A response of status 204 has no body; an empty one counts as none."
        "lambda-generating-http-responses-in-requests"
    Base64 "3.5.10" []
        "A body of encoding `base64` is base64: standard alphabet, padded, without line breaks."
        "lambda-generating-http-responses-in-requests"
    ViewerStatus "3.5.14" []
        "viewer-response does not change the status."
        "edge-functions-restrictions"
    ExecutionError "3.6.1" []
        "A function that throws, or whose worker is gone, is answered 503."
        "http-503-lambda-execution-error"
    LimitExceeded "3.6.2" []
        "A function that is over its timeout or for which no worker has room is answered 503."
        "http-503-lambda-limit-execeeded-error"
    DisallowedHeader "4.1.1" ["3.5.4"]
        "The headers of the list are never shown to functions and never added by them."
        "edge-functions-restrictions"
    ReadOnlyHeader "4.2.1" ["3.5.5"]
        "A trigger's read-only headers stay as they came: none is added, edited or removed."
        "edge-functions-restrictions"
    ViewerCountry "4.3.1" ["3.5.6"]
        "Functions may change the `CloudFront-` headers, but viewer-request does not add `CloudFront-Viewer-Country`."
        "edge-functions-restrictions"
    CustomHeaderName "4.6.1" ["3.5.13"]
        "Custom headers are neither headers that the proxy writes nor disallowed headers."
        "add-origin-custom-headers"
    Memory "5.1.1" []
        "A function has 128 MB, or as much more as it asks for, up to 10,240 MB, at every trigger; CloudFront has no more than 128 MB at the viewer triggers."
        "cloudfront-limits"
    Timeout "5.1.2" []
        "A function runs for at most 5 s at the viewer triggers and 30 s at the origin triggers, also if its own timeout is longer."
        "cloudfront-limits"
    ResponseSize "5.1.3" ["3.5.8"]
        "Headers and body of a response are at most 40 KB at the viewer triggers and 1 MB at the origin triggers."
        "cloudfront-limits"
    CodeSize "5.1.4" []
        "A function's files have at most 50 MB together in the embedded runtime, and 250 MB in the others, at every trigger; CloudFront takes 50 MB, compressed, and 1 MB at the viewer triggers."
        "cloudfront-limits"
    ShownBody "5.2.1" []
        "A function is shown the first 40 KB of the body at viewer-request and 1 MB at origin-request."
        "edge-functions-restrictions"
    ReplacedBody "5.2.2" ["3.4.8", "5.2.3"]
        "A replaced body is at most 40 KB at viewer-request and 1 MB at origin-request, which as base64 is 53.2 KB and 1.33 MB."
        "edge-functions-restrictions"
    UriAndQuerystring "5.2.4" ["3.5.12"]
        "`uri` and `querystring` together are less than 8,192 characters."
        "edge-functions-restrictions"
}

/// As errors end with it: `rule 2.5.8: lambda-event-structure`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}: {}", self.number(), self.source())
    }
}
