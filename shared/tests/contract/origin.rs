//! Origins: section 2.5, and the custom headers of 4.6.

use brink_shared::contract::Rule;
use brink_shared::event::Trigger::OriginRequest;

use super::case::{Case, accepts, rejects};

/// An event whose origin is a bucket with an identity.
const BUCKET: &str = r#"request.origin = {"s3":{"authMethod":"origin-access-identity","customHeaders":{},"domainName":"a.example","path":"","region":"eu-west-1"}}"#;

/// An event whose origin is a bucket that everybody may read.
const OPEN_BUCKET: &str = r#"request.origin = {"s3":{"authMethod":"none","customHeaders":{},"domainName":"a.example","path":"","region":""}}"#;

pub fn cases() -> Vec<Case> {
    let mut cases = kinds();
    cases.extend(domains());
    cases.extend(paths());
    cases.extend(connections());
    cases.extend(buckets());
    cases.extend(custom_headers());
    cases
}

fn accepted(rule: Rule, returned: &'static str) -> Case {
    accepts(rule, OriginRequest, returned)
}

fn rejected(rule: Rule, returned: &'static str, text: &'static str) -> Case {
    rejects(rule, OriginRequest, returned, text)
}

fn kinds() -> Vec<Case> {
    vec![
        accepted(Rule::OriginKind, r#"origin = {"s3":{"domainName":"a.example"}}"#)
            .gives(r#"origin = {"s3":{"authMethod":"none","customHeaders":{},"domainName":"a.example","path":"","region":""}}"#),
        accepted(Rule::OriginKind, "origin.s3 = null").gives(""),
        accepted(Rule::OriginKind, r#"origin = {"custom":{"domainName":"b.example","path":"/b","port":443,"protocol":"https","keepaliveTimeout":5,"readTimeout":5,"sslProtocols":["TLSv1.2"],"customHeaders":{}}}"#)
            .event(BUCKET),
        rejected(
            Rule::OriginKind,
            "origin = {}",
            "request.origin: must have exactly one of `custom` and `s3` (rule 2.5.1: lambda-event-structure)",
        )
        .decision(3),
        rejected(
            Rule::OriginKind,
            r#"origin.s3 = {"domainName":"a.example"}"#,
            "request.origin: must have exactly one of `custom` and `s3` (rule 2.5.1: lambda-event-structure)",
        ),
        rejected(
            Rule::OriginKind,
            r#"origin = "b.example""#,
            "request.origin: expected an object, got string (rule 2.5.1: lambda-event-structure)",
        ),
        rejected(
            Rule::OriginKind,
            r#"origin.custom = "b.example""#,
            "request.origin.custom: expected an object, got string (rule 2.5.1: lambda-event-structure)",
        ),
    ]
}

fn domains() -> Vec<Case> {
    vec![
        accepted(Rule::CustomDomain, r#"origin.custom.domainName = "B-1.internal_name.example""#),
        accepted(Rule::CustomDomain, "").event(r#"request.origin.custom.domainName = "127.0.0.1""#),
        rejected(
            Rule::CustomDomain,
            r#"origin.custom.domainName = """#,
            "request.origin.custom.domainName: a domain name has 1 to 253 characters (rule 2.5.3: lambda-event-structure)",
        ),
        rejected(
            Rule::CustomDomain,
            r#"origin.custom.domainName = "<254 bytes>""#,
            "request.origin.custom.domainName: a domain name has 1 to 253 characters (rule 2.5.3: lambda-event-structure)",
        ),
        rejected(
            Rule::CustomDomain,
            r#"origin.custom.domainName = "b.example:8080""#,
            "request.origin.custom.domainName: has the character ':' (rule 2.5.3: lambda-event-structure)",
        ),
        rejected(
            Rule::CustomDomain,
            r#"origin.custom.domainName = "10.0.0.1""#,
            r#"request.origin.custom.domainName: "10.0.0.1" is an address; name a host (rule 2.5.3: lambda-event-structure)"#,
        ),
        rejected(
            Rule::CustomDomain,
            r#"origin.custom.domainName = "::1""#,
            r#"request.origin.custom.domainName: "::1" is an address; name a host (rule 2.5.3: lambda-event-structure)"#,
        ),
        rejected(
            Rule::CustomDomain,
            r#"origin.custom.domainName = "0x7f.1""#,
            r#"request.origin.custom.domainName: "0x7f.1" is an address; name a host (rule 2.5.3: lambda-event-structure)"#,
        ),
        rejected(
            Rule::CustomDomain,
            r#"origin.custom.domainName = "b..example""#,
            r#"request.origin.custom.domainName: "b..example" has a part between dots that is not 1 to 63 characters (rule 2.5.3: lambda-event-structure)"#,
        ),
        rejected(
            Rule::CustomDomain,
            r#"origin.custom.domainName = "b.example\r\nX: 1""#,
            r"request.origin.custom.domainName: has the character '\r' (rule 2.5.3: lambda-event-structure)",
        ),
        accepted(Rule::S3Domain, r#"origin.s3.domainName = "b.s3.eu-west-1.amazonaws.com""#)
            .event(BUCKET),
        rejected(
            Rule::S3Domain,
            r#"origin.s3.domainName = "B.s3.eu-west-1.amazonaws.com""#,
            "request.origin.s3.domainName: has the character 'B' (rule 2.5.4: lambda-event-structure)",
        )
        .event(BUCKET),
        rejected(
            Rule::S3Domain,
            r#"origin.s3.domainName = "<129 bytes>""#,
            "request.origin.s3.domainName: a domain name has 1 to 128 characters (rule 2.5.4: lambda-event-structure)",
        )
        .event(BUCKET),
    ]
}

fn paths() -> Vec<Case> {
    vec![
        accepted(Rule::OriginPath, r#"origin.custom.path = """#),
        accepted(Rule::OriginPath, r#"origin.custom.path = "/a/b""#),
        accepted(Rule::OriginPath, "without origin.custom.path").gives(r#"origin.custom.path = """#),
        rejected(
            Rule::OriginPath,
            r#"origin.custom.path = "/""#,
            r#"request.origin.custom.path: "/" must be empty, or begin with / and not end with / (rule 2.5.5: lambda-event-structure)"#,
        )
        .decision(28),
        rejected(
            Rule::OriginPath,
            r#"origin.custom.path = "a""#,
            r#"request.origin.custom.path: "a" must be empty, or begin with / and not end with / (rule 2.5.5: lambda-event-structure)"#,
        ),
        rejected(
            Rule::OriginPath,
            r#"origin.s3.path = "/a/""#,
            r#"request.origin.s3.path: "/a/" must be empty, or begin with / and not end with / (rule 2.5.5: lambda-event-structure)"#,
        )
        .event(BUCKET),
        accepted(Rule::PathCharacters, r#"origin.custom.path = "/caf%C3%A9""#),
        accepted(Rule::PathCharacters, r#"origin.s3.path = "/café""#).event(BUCKET),
        rejected(
            Rule::PathCharacters,
            r#"origin.custom.path = "/café""#,
            "request.origin.custom.path: has the character 'é'; percent-encode it (rule 2.5.6: lambda-event-structure)",
        ),
        rejected(
            Rule::PathCharacters,
            r#"origin.custom.path = "/100%""#,
            "request.origin.custom.path: has a % without two hexadecimal digits after it (rule 2.5.6: lambda-event-structure)",
        ),
        rejected(
            Rule::PathCharacters,
            r#"origin.custom.path = "/<255 bytes>""#,
            "request.origin.custom.path: longer than 255 characters (rule 2.5.6: lambda-event-structure)",
        ),
        rejected(
            Rule::PathCharacters,
            r#"origin.s3.path = "/a b""#,
            "request.origin.s3.path: has the character ' '; percent-encode it (rule 2.5.6: lambda-event-structure)",
        )
        .event(BUCKET),
    ]
}

fn connections() -> Vec<Case> {
    vec![
        accepted(Rule::KeepaliveTimeout, "origin.custom.keepaliveTimeout = 1"),
        accepted(Rule::KeepaliveTimeout, "origin.custom.keepaliveTimeout = 60.0")
            .gives("origin.custom.keepaliveTimeout = 60"),
        accepted(Rule::KeepaliveTimeout, "").event("request.origin.custom.keepaliveTimeout = 120"),
        rejected(
            Rule::KeepaliveTimeout,
            "origin.custom.keepaliveTimeout = 0",
            "request.origin.custom.keepaliveTimeout: 0 is not 1 to 60 seconds (rule 2.5.7: lambda-event-structure)",
        ),
        rejected(
            Rule::KeepaliveTimeout,
            r#"origin.custom.keepaliveTimeout = "5""#,
            "request.origin.custom.keepaliveTimeout: expected an integer, got string (rule 2.5.7: lambda-event-structure)",
        ),
        accepted(Rule::Port, "origin.custom.port = 80"),
        accepted(Rule::Port, "origin.custom.port = 443"),
        accepted(Rule::Port, "origin.custom.port = 1024"),
        accepted(Rule::Port, "").event("request.origin.custom.port = 81"),
        rejected(
            Rule::Port,
            "origin.custom.port = 81",
            "request.origin.custom.port: 81 is not 80, 443 or 1024-65535 (rule 2.5.8: lambda-event-structure)",
        ),
        rejected(
            Rule::Port,
            "origin.custom.port = 65536",
            "request.origin.custom.port: 65536 is not 80, 443 or 1024-65535 (rule 2.5.8: lambda-event-structure)",
        ),
        rejected(
            Rule::Port,
            "origin.custom.port = 1024.5",
            "request.origin.custom.port: expected an integer, got number (rule 2.5.8: lambda-event-structure)",
        ),
        accepted(Rule::Protocol, r#"origin.custom.protocol = "http""#),
        rejected(
            Rule::Protocol,
            r#"origin.custom.protocol = "HTTPS""#,
            r#"request.origin.custom.protocol: "HTTPS" is neither "http" nor "https" (rule 2.5.9: lambda-event-structure)"#,
        ),
        accepted(Rule::ReadTimeout, "origin.custom.readTimeout = 4"),
        accepted(Rule::ReadTimeout, "").event("request.origin.custom.readTimeout = 90").decision(35),
        rejected(
            Rule::ReadTimeout,
            "origin.custom.readTimeout = 3",
            "request.origin.custom.readTimeout: 3 is not 4 to 60 seconds (rule 2.5.10: lambda-event-structure)",
        )
        .decision(35),
        rejected(
            Rule::ReadTimeout,
            "origin.custom.readTimeout = 61",
            "request.origin.custom.readTimeout: 61 is not 4 to 60 seconds (rule 2.5.10: lambda-event-structure)",
        )
        .decision(35),
        accepted(Rule::SslProtocols, r#"origin.custom.sslProtocols = ["TLSv1.2","TLSv1.1","TLSv1","SSLv3"]"#)
            .decision(38),
        rejected(
            Rule::SslProtocols,
            r#"origin.custom.sslProtocols = ["TLSv1.2","TLSv1.9"]"#,
            r#"request.origin.custom.sslProtocols[1]: "TLSv1.9" is not one of TLSv1.2, TLSv1.1, TLSv1, SSLv3 (rule 2.5.11: lambda-event-structure)"#,
        )
        .decision(38),
        rejected(
            Rule::SslProtocols,
            r#"origin.custom.sslProtocols = "TLSv1.2""#,
            "request.origin.custom.sslProtocols: expected an array of TLS versions, got string (rule 2.5.11: lambda-event-structure)",
        )
        .decision(38),
    ]
}

fn buckets() -> Vec<Case> {
    vec![
        accepted(Rule::AuthMethod, r#"origin.s3.authMethod = "none""#).event(BUCKET),
        rejected(
            Rule::AuthMethod,
            r#"origin.s3.authMethod = "origin-access-control""#,
            r#"request.origin.s3.authMethod: "origin-access-control" is neither "none" nor "origin-access-identity" (rule 2.5.12: lambda-event-structure)"#,
        )
        .event(BUCKET),
        accepted(Rule::Region, r#"origin.s3.region = """#).event(OPEN_BUCKET),
        accepted(Rule::Region, r#"origin.s3.region = "us-gov-east-1""#).event(BUCKET),
        rejected(
            Rule::Region,
            r#"origin.s3.region = """#,
            "request.origin.s3.region: required with origin-access-identity (rule 2.5.13: lambda-event-structure)",
        )
        .event(BUCKET),
        rejected(
            Rule::Region,
            r#"origin.s3.region = "eu west""#,
            r#"request.origin.s3.region: "eu west" is not the name of a region (rule 2.5.13: lambda-event-structure)"#,
        )
        .event(OPEN_BUCKET),
        accepted(
            Rule::AccessIdentity,
            r#"origin.s3.domainName = "b.example"; origin.s3.region = "eu-west-2""#,
        )
        .event(BUCKET),
        rejected(
            Rule::AccessIdentity,
            r#"origin = {"s3":{"domainName":"b.example","authMethod":"origin-access-identity","region":"eu-west-1"}}"#,
            "request.origin.s3.authMethod: a custom origin has no identity to go to a bucket with (rule 2.5.14: lambda-event-structure)",
        ),
        rejected(
            Rule::AccessIdentity,
            r#"origin.s3.authMethod = "origin-access-identity"; origin.s3.region = "eu-west-1""#,
            "request.origin.s3.authMethod: the request's own bucket has no identity to keep (rule 2.5.14: lambda-event-structure)",
        )
        .event(OPEN_BUCKET),
    ]
}

fn custom_headers() -> Vec<Case> {
    vec![
        accepted(Rule::CustomHeaderName, r#"origin.custom.customHeaders = {"x-a":[{"key":"X-A","value":"1"}]}"#),
        accepted(Rule::CustomHeaderName, "without origin.custom.customHeaders")
            .gives("origin.custom.customHeaders = {}"),
        rejected(
            Rule::CustomHeaderName,
            r#"origin.custom.customHeaders.host = [{"value":"b.example"}]"#,
            r#"request.origin.custom.customHeaders["host"]: cannot be a custom header of an origin (rule 4.6.1: add-origin-custom-headers)"#,
        ),
        rejected(
            Rule::CustomHeaderName,
            r#"origin.custom.customHeaders.x-amz-date = [{"value":"1"}]"#,
            r#"request.origin.custom.customHeaders["x-amz-date"]: cannot be a custom header of an origin (rule 4.6.1: add-origin-custom-headers)"#,
        ),
        rejected(
            Rule::CustomHeaderName,
            r#"origin.s3.customHeaders.x-accel-redirect = [{"value":"1"}]"#,
            r#"request.origin.s3.customHeaders["x-accel-redirect"]: cannot be a custom header of an origin (rule 4.6.1: add-origin-custom-headers)"#,
        )
        .event(BUCKET),
        rejected(
            Rule::HeaderValue,
            r#"origin.custom.customHeaders.x-a = [{"value":"a\nb"}]"#,
            r#"request.origin.custom.customHeaders["x-a"][0].value: control character 0x0a (rule 2.4.4: RFC 9110, 5.5)"#,
        ),
        accepted(Rule::CustomHeaderClash, "")
            .event(r#"request.headers.x-shop = [{"key":"X-Shop","value":"1"}]"#)
            .decision(41),
        rejected(
            Rule::CustomHeaderClash,
            r#"origin.custom.customHeaders.accept = [{"value":"1"}]"#,
            r#"request.origin.custom.customHeaders["accept"]: is also in request.headers (rule 2.5.2: lambda-event-structure)"#,
        )
        .decision(41),
        rejected(
            Rule::CustomHeaderClash,
            r#"headers.x-shop = [{"value":"1"}]"#,
            r#"request.origin.custom.customHeaders["x-shop"]: is also in request.headers (rule 2.5.2: lambda-event-structure)"#,
        )
        .decision(41),
        rejected(
            Rule::CustomHeaderClash,
            r#"headers.x-shop = [{"value":"1"}]; without origin"#,
            r#"request.origin.custom.customHeaders["x-shop"]: is also in request.headers (rule 2.5.2: lambda-event-structure)"#,
        )
        .decision(41),
    ]
}
