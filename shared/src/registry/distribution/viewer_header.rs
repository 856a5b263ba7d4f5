//! The `CloudFront-*` headers, which tell the origin about a viewer (`contract.md` 7.9).
//!
//! A behavior gets the headers that its cache policy or its forward policy names. `all` headers are
//! all that the viewer sent, so they do not include these. `cloudfront_headers` adds some of these.

use super::{CachePolicy, ForwardPolicy, Selection};

/// What the names of these headers begin with, in lower case.
pub const PREFIX: &str = "cloudfront-";

/// One of these headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewerHeader {
    /// `true` or `false`.
    IsAndroid,
    /// `true` or `false`.
    IsDesktop,
    /// `true` or `false`.
    IsIos,
    /// `true` or `false`.
    IsMobile,
    /// `true` or `false`.
    IsSmartTv,
    /// `true` or `false`.
    IsTablet,
    /// Address and port.
    Address,
    /// Number of the autonomous system.
    Asn,
    /// Two letters, ISO 3166-1.
    Country,
    /// Name.
    CountryName,
    /// At most three characters, the first level of ISO 3166-2 without the country.
    CountryRegion,
    /// Name.
    CountryRegionName,
    /// Name.
    City,
    /// Degrees.
    Latitude,
    /// Degrees.
    Longitude,
    /// Number, in the United States only.
    MetroCode,
    /// As the country writes it.
    PostalCode,
    /// A name of the IANA.
    TimeZone,
    /// `http` or `https`.
    ForwardedProto,
    /// `1.0`, `1.1` or `2.0`.
    HttpVersion,
    /// Number of header lines that the viewer sent.
    HeaderCount,
    /// Version, cipher and handshake; only over HTTPS.
    Tls,
    /// 32 hexadecimal digits; only over HTTPS.
    Ja3Fingerprint,
    /// Only over HTTPS.
    Ja4Fingerprint,
}

/// The source of a header's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownFrom {
    /// The viewer's `User-Agent`.
    UserAgent,
    /// The viewer's request and connection.
    Request,
    /// A database of places.
    Places,
    /// A database of autonomous systems.
    Networks,
}

/// Headers of CloudFront that have no value here, and why.
const UNKNOWABLE: [(&str, &str); 1] =
    [("cloudfront-viewer-header-order", "the order in which headers arrived is not kept")];

// === impl ViewerHeader ===

impl ViewerHeader {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::IsAndroid,
        Self::IsDesktop,
        Self::IsIos,
        Self::IsMobile,
        Self::IsSmartTv,
        Self::IsTablet,
        Self::Address,
        Self::Asn,
        Self::Country,
        Self::CountryName,
        Self::CountryRegion,
        Self::CountryRegionName,
        Self::City,
        Self::Latitude,
        Self::Longitude,
        Self::MetroCode,
        Self::PostalCode,
        Self::TimeZone,
        Self::ForwardedProto,
        Self::HttpVersion,
        Self::HeaderCount,
        Self::Tls,
        Self::Ja3Fingerprint,
        Self::Ja4Fingerprint,
    ];

    /// The header's name as it is sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::IsAndroid => "CloudFront-Is-Android-Viewer",
            Self::IsDesktop => "CloudFront-Is-Desktop-Viewer",
            Self::IsIos => "CloudFront-Is-IOS-Viewer",
            Self::IsMobile => "CloudFront-Is-Mobile-Viewer",
            Self::IsSmartTv => "CloudFront-Is-SmartTV-Viewer",
            Self::IsTablet => "CloudFront-Is-Tablet-Viewer",
            Self::Address => "CloudFront-Viewer-Address",
            Self::Asn => "CloudFront-Viewer-ASN",
            Self::Country => "CloudFront-Viewer-Country",
            Self::CountryName => "CloudFront-Viewer-Country-Name",
            Self::CountryRegion => "CloudFront-Viewer-Country-Region",
            Self::CountryRegionName => "CloudFront-Viewer-Country-Region-Name",
            Self::City => "CloudFront-Viewer-City",
            Self::Latitude => "CloudFront-Viewer-Latitude",
            Self::Longitude => "CloudFront-Viewer-Longitude",
            Self::MetroCode => "CloudFront-Viewer-Metro-Code",
            Self::PostalCode => "CloudFront-Viewer-Postal-Code",
            Self::TimeZone => "CloudFront-Viewer-Time-Zone",
            Self::ForwardedProto => "CloudFront-Forwarded-Proto",
            Self::HttpVersion => "CloudFront-Viewer-Http-Version",
            Self::HeaderCount => "CloudFront-Viewer-Header-Count",
            Self::Tls => "CloudFront-Viewer-TLS",
            Self::Ja3Fingerprint => "CloudFront-Viewer-JA3-Fingerprint",
            Self::Ja4Fingerprint => "CloudFront-Viewer-JA4-Fingerprint",
        }
    }

    /// The source of its value.
    pub fn known_from(self) -> KnownFrom {
        match self {
            Self::IsAndroid
            | Self::IsDesktop
            | Self::IsIos
            | Self::IsMobile
            | Self::IsSmartTv
            | Self::IsTablet => KnownFrom::UserAgent,
            Self::Asn => KnownFrom::Networks,
            Self::Country
            | Self::CountryName
            | Self::CountryRegion
            | Self::CountryRegionName
            | Self::City
            | Self::Latitude
            | Self::Longitude
            | Self::MetroCode
            | Self::PostalCode
            | Self::TimeZone => KnownFrom::Places,
            Self::Address
            | Self::ForwardedProto
            | Self::HttpVersion
            | Self::HeaderCount
            | Self::Tls
            | Self::Ja3Fingerprint
            | Self::Ja4Fingerprint => KnownFrom::Request,
        }
    }

    /// True for a fingerprint of the viewer's TLS.
    pub fn is_fingerprint(self) -> bool {
        matches!(self, Self::Ja3Fingerprint | Self::Ja4Fingerprint)
    }

    /// True if a cache policy may not name it (`contract.md` 7.9).
    fn is_only_forwarded(self) -> bool {
        matches!(
            self,
            Self::Address | Self::Asn | Self::Tls | Self::Ja3Fingerprint | Self::Ja4Fingerprint
        )
    }

    /// The header of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|header| header.name().eq_ignore_ascii_case(name))
    }

    /// The headers that a behavior's policies name.
    pub fn selected(cache: &CachePolicy, forward: &ForwardPolicy) -> Vec<Self> {
        let forwarded = match &forward.headers {
            Selection::Only(names) => names.as_slice(),
            Selection::None | Selection::All | Selection::Except(_) => &[],
        };
        let is_named = |header: &Self| {
            let beside = &forward.cloudfront_headers;
            let mut names = cache.headers.iter().chain(forwarded).chain(beside);
            names.any(|name| name.eq_ignore_ascii_case(header.name()))
        };
        Self::ALL.into_iter().filter(is_named).collect()
    }
}

/// True for names that begin like these headers, in any case.
pub fn has_prefix(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// Why a policy may not name this header. `in_key` is true for a cache policy (`contract.md` 7.3).
pub fn rejection(name: &str, in_key: bool) -> Option<String> {
    if !has_prefix(name) {
        return None;
    }
    let unknowable = UNKNOWABLE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    match (ViewerHeader::named(name), unknowable) {
        (_, Some((_, why))) => Some(format!("{name} has no value here: {why}")),
        (None, None) => Some(format!("{name} is not one of the CloudFront-* headers")),
        (Some(header), _) if in_key && header.is_only_forwarded() => {
            Some(format!("{name} cannot be in the cache key; name it in forward.headers"))
        }
        (Some(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_is_found_by_its_name() {
        for header in ViewerHeader::ALL {
            assert_eq!(ViewerHeader::named(&header.name().to_lowercase()), Some(header));
            assert!(has_prefix(header.name()));
        }
        assert_eq!(ViewerHeader::named("CloudFront-Viewer-Countr"), None);
        assert!(!has_prefix("cloudfrönt-"));
    }

    #[test]
    fn only_named_headers_are_selected() {
        let cache = CachePolicy {
            headers: vec!["cloudfront-is-mobile-viewer".to_owned()],
            ..CachePolicy::default()
        };
        let forward = |headers| ForwardPolicy { headers, ..ForwardPolicy::default() };
        let mobile = [ViewerHeader::IsMobile];
        assert_eq!(ViewerHeader::selected(&cache, &forward(Selection::All)), mobile);
        assert_eq!(ViewerHeader::selected(&cache, &forward(Selection::Except(vec![]))), mobile);
        let city = forward(Selection::Only(vec!["CloudFront-Viewer-City".to_owned()]));
        let beside = ForwardPolicy {
            cloudfront_headers: vec!["CloudFront-Viewer-Asn".to_owned()],
            ..forward(Selection::All)
        };
        let expected = [ViewerHeader::IsMobile, ViewerHeader::Asn];
        assert_eq!(ViewerHeader::selected(&cache, &beside), expected);
        let both = [ViewerHeader::IsMobile, ViewerHeader::City];
        assert_eq!(ViewerHeader::selected(&cache, &city), both);
    }

    #[test]
    fn headers_without_value_or_key_are_rejected_with_the_reason() {
        for (name, in_key, why) in [
            ("Accept", true, None),
            ("CloudFront-Viewer-Country", true, None),
            ("CloudFront-Viewer-Address", false, None),
            ("CloudFront-Viewer-Address", true, Some("cannot be in the cache key")),
            ("cloudfront-viewer-asn", true, Some("name it in forward.headers")),
            ("CloudFront-Viewer-TLS", false, None),
            ("CloudFront-Viewer-TLS", true, Some("name it in forward.headers")),
            ("CloudFront-Viewer-JA3-Fingerprint", true, Some("cannot be in the cache key")),
            ("CloudFront-Viewer-Header-Order", false, Some("order")),
            ("CloudFront-Is-Phone-Viewer", false, Some("not one of the CloudFront-* headers")),
        ] {
            let told = rejection(name, in_key);
            match why {
                None => assert_eq!(told, None),
                Some(why) => assert!(told.unwrap().contains(why), "{name}"),
            }
        }
    }
}
