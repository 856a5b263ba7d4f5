//! The policies that CloudFront comes with, under its names and ids.
//!
//! Their values are those of CloudFront's developer guide (Use managed cache policies, Use managed
//! origin request policies, Use managed response headers policies).

use std::time::Duration;

use crate::registry::distribution::cors::{Cors, CorsMethod};
use crate::registry::distribution::security_headers::{
    ContentTypeOptions, FrameOption, FrameOptions, Referrer, ReferrerPolicy, SecurityHeaders,
    StrictTransportSecurity, XssProtection,
};
use crate::registry::distribution::{
    CachePolicy, ContentCoding, ForwardPolicy, ResponseHeadersPolicy, Selection,
};

/// A policy of CloudFront.
#[derive(Clone, Debug, PartialEq)]
pub struct Managed<P> {
    /// Its name in CloudFront's console. Its name in the API may begin with `Managed-`.
    pub name: &'static str,
    /// Its id, the same in every account.
    pub id: &'static str,
    /// Its settings.
    pub policy: P,
}

/// The names of managed policies may begin with this.
pub const PREFIX: &str = "Managed-";

/// The headers that CloudFront has added since June 2022 are not in the policy of that name.
const CLOUDFRONT_HEADERS_2022_06: [&str; 21] = [
    "CloudFront-Forwarded-Proto",
    "CloudFront-Is-Android-Viewer",
    "CloudFront-Is-Desktop-Viewer",
    "CloudFront-Is-IOS-Viewer",
    "CloudFront-Is-Mobile-Viewer",
    "CloudFront-Is-SmartTV-Viewer",
    "CloudFront-Is-Tablet-Viewer",
    "CloudFront-Viewer-Address",
    "CloudFront-Viewer-ASN",
    "CloudFront-Viewer-City",
    "CloudFront-Viewer-Country",
    "CloudFront-Viewer-Country-Name",
    "CloudFront-Viewer-Country-Region",
    "CloudFront-Viewer-Country-Region-Name",
    "CloudFront-Viewer-Http-Version",
    "CloudFront-Viewer-Latitude",
    "CloudFront-Viewer-Longitude",
    "CloudFront-Viewer-Metro-Code",
    "CloudFront-Viewer-Postal-Code",
    "CloudFront-Viewer-Time-Zone",
    "CloudFront-Viewer-TLS",
];

/// Managed cache policies.
pub fn cache() -> Vec<Managed<CachePolicy>> {
    use ContentCoding::{Br, Gzip};
    let seconds = Duration::from_secs;
    let optimized = CachePolicy { min_ttl: seconds(1), ..CachePolicy::default() };
    let by_origin = CachePolicy {
        default_ttl: Duration::ZERO,
        headers: names(&[
            "Host",
            "Origin",
            "X-HTTP-Method",
            "X-HTTP-Method-Override",
            "X-Method-Override",
        ]),
        cookies: Selection::All,
        accept_encoding: vec![Br, Gzip],
        ..CachePolicy::default()
    };
    vec![
        Managed {
            name: "Amplify",
            id: "2e54312d-136d-493c-8eb9-b001f22f67d2",
            policy: CachePolicy {
                min_ttl: seconds(2),
                default_ttl: seconds(2),
                max_ttl: seconds(600),
                query_strings: Selection::All,
                headers: names(&["Authorization", "CloudFront-Viewer-Country", "Host"]),
                cookies: Selection::All,
                accept_encoding: vec![Br, Gzip],
            },
        },
        Managed {
            name: "CachingDisabled",
            id: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            policy: CachePolicy {
                default_ttl: Duration::ZERO,
                max_ttl: Duration::ZERO,
                ..CachePolicy::default()
            },
        },
        Managed {
            name: "CachingOptimized",
            id: "658327ea-f89d-4fab-a63d-7e88639e58f6",
            policy: CachePolicy { accept_encoding: vec![Br, Gzip], ..optimized.clone() },
        },
        Managed {
            name: "CachingOptimizedForUncompressedObjects",
            id: "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
            policy: optimized,
        },
        Managed {
            name: "Elemental-MediaPackage",
            id: "08627262-05a9-4f76-9ded-b50ca2e3a84f",
            policy: CachePolicy {
                query_strings: only(&["aws.manifestfilter", "start", "end", "m"]),
                headers: names(&["Origin"]),
                accept_encoding: vec![Gzip],
                ..CachePolicy::default()
            },
        },
        Managed {
            name: "UseOriginCacheControlHeaders",
            id: "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
            policy: by_origin.clone(),
        },
        Managed {
            name: "UseOriginCacheControlHeaders-QueryStrings",
            id: "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
            policy: CachePolicy { query_strings: Selection::All, ..by_origin },
        },
    ]
}

/// Managed origin request policies.
pub fn origin_request() -> Vec<Managed<ForwardPolicy>> {
    let all = |headers, cloudfront_headers| ForwardPolicy {
        query_strings: Selection::All,
        headers,
        cloudfront_headers,
        cookies: Selection::All,
    };
    let listed =
        |headers: &[&str]| ForwardPolicy { headers: only(headers), ..ForwardPolicy::default() };
    let cors = ["Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method"];
    vec![
        Managed {
            name: "AllViewer",
            id: "216adef6-5c7f-47e4-b989-5492eafa07d3",
            policy: all(Selection::All, Vec::new()),
        },
        Managed {
            name: "AllViewerAndCloudFrontHeaders-2022-06",
            id: "33f36d7e-f396-46d9-90e0-52428a34d9dc",
            policy: all(Selection::All, names(&CLOUDFRONT_HEADERS_2022_06)),
        },
        Managed {
            name: "AllViewerExceptHostHeader",
            id: "b689b0a8-53d0-40ab-baf2-68738e2966ac",
            policy: all(Selection::Except(names(&["Host"])), Vec::new()),
        },
        Managed {
            name: "CORS-CustomOrigin",
            id: "59781a5b-3903-41f3-afcb-af62929ccde1",
            policy: listed(&["Origin"]),
        },
        Managed {
            name: "CORS-S3Origin",
            id: "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
            policy: listed(&cors),
        },
        Managed {
            name: "Elemental-MediaTailor-PersonalizedManifests",
            id: "775133bc-15f2-49f9-abea-afb2e0bf67d2",
            policy: ForwardPolicy {
                query_strings: Selection::All,
                ..listed(&[cors.as_slice(), &["User-Agent", "X-Forwarded-For"]].concat())
            },
        },
        Managed {
            name: "HostHeaderOnly",
            id: "bf0718e1-ba1e-49d1-88b1-f726733018ae",
            policy: listed(&["Host"]),
        },
        Managed {
            name: "UserAgentRefererHeaders",
            id: "acba4595-bd28-49b8-b9fe-13317c0390fa",
            policy: listed(&["User-Agent", "Referer"]),
        },
    ]
}

/// Managed response headers policies.
pub fn response_headers() -> Vec<Managed<ResponseHeadersPolicy>> {
    let policy = |cors: &Cors, security: &SecurityHeaders| ResponseHeadersPolicy {
        cors: Some(cors.clone()),
        security: security.clone(),
        ..ResponseHeadersPolicy::default()
    };
    let simple = Cors {
        allow_origins: names(&["*"]),
        allow_headers: Vec::new(),
        allow_methods: Vec::new(),
        allow_credentials: false,
        expose_headers: Vec::new(),
        max_age: None,
        overrides: false,
    };
    let preflight = Cors {
        allow_methods: vec![CorsMethod::All],
        expose_headers: names(&["*"]),
        ..simple.clone()
    };
    let security = SecurityHeaders {
        strict_transport_security: Some(StrictTransportSecurity {
            max_age: Duration::from_secs(31_536_000),
            include_subdomains: false,
            preload: false,
            overrides: false,
        }),
        content_type_options: Some(ContentTypeOptions { overrides: true }),
        frame_options: Some(FrameOptions { option: FrameOption::SameOrigin, overrides: false }),
        xss_protection: Some(XssProtection {
            protection: true,
            mode_block: true,
            report_uri: None,
            overrides: false,
        }),
        referrer_policy: Some(ReferrerPolicy {
            policy: Referrer::StrictOriginWhenCrossOrigin,
            overrides: false,
        }),
        content_security_policy: None,
    };
    let none = SecurityHeaders::default();
    vec![
        Managed {
            name: "CORS-and-SecurityHeadersPolicy",
            id: "e61eb60c-9c35-4d20-a928-2b84e02af89c",
            policy: policy(&simple, &security),
        },
        Managed {
            name: "CORS-With-Preflight",
            id: "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
            policy: policy(&preflight, &none),
        },
        Managed {
            name: "CORS-with-preflight-and-SecurityHeadersPolicy",
            id: "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
            policy: policy(&preflight, &security),
        },
        Managed {
            name: "SecurityHeadersPolicy",
            id: "67f7725c-6f97-4210-82d7-5512b31e9d03",
            policy: ResponseHeadersPolicy { cors: None, ..policy(&simple, &security) },
        },
        Managed {
            name: "SimpleCORS",
            id: "60669652-455b-4ae9-85a4-c4c02393f86c",
            policy: policy(&simple, &none),
        },
    ]
}

// === impl Managed ===

impl<P> Managed<P> {
    /// True for its id, and for its name with or without `Managed-`.
    pub fn is(&self, name: &str) -> bool {
        name == self.id || name.strip_prefix(PREFIX).unwrap_or(name) == self.name
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn only(list: &[&str]) -> Selection {
    Selection::Only(names(list))
}
