//! A bucket as origin: an S3 bucket, or one of a store that speaks S3. Anyone may read it, or the
//! gateways sign their requests with AWS credentials of their own, as CloudFront does by its origin
//! access control.

use super::origin_access::SigningBehavior;
use super::origin_url::OriginUrl;

/// Longest DNS name of a bucket, in characters (`contract.md` 2.5).
const DOMAIN_MAX: usize = 128;

/// A bucket; `request.origin.s3` of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its DNS name in lower case: `photos.s3.eu-west-1.amazonaws.com`.
    pub domain_name: String,
    /// Put before every request's path; empty, or begins and does not end with `/`.
    pub path: String,
    /// Its AWS region, or empty.
    pub region: String,
    /// The address of a store that speaks S3; requests have the bucket's name as `Host`. `None`:
    /// the bucket's own name, over HTTPS.
    pub endpoint: Option<OriginUrl>,
    /// Whether requests to it are signed.
    pub signing: SigningBehavior,
}

// === impl Bucket ===

impl Bucket {
    /// Its problems, each with the key that it is about.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let domain = &self.domain_name;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        if domain.is_empty() || domain.len() > DOMAIN_MAX || !domain.chars().all(plain) {
            let why = format!(
                "{domain:?} is not the DNS name of a bucket; write for example \
                 photos.s3.eu-west-1.amazonaws.com (lower case, at most {DOMAIN_MAX} characters)"
            );
            found.push(("s3", why));
        }
        let path = &self.path;
        if !path.is_empty() && (!path.starts_with('/') || path.ends_with('/')) {
            found.push(("path", format!("{path:?} must begin with / and not end with /")));
        }
        if self.endpoint.as_ref().is_some_and(|endpoint| !endpoint.path.is_empty()) {
            let why = "must not have a path; write a prefix for every request's path as `path`";
            found.push(("endpoint", why.to_owned()));
        }
        if !self.signing.is_default() && self.region.is_empty() {
            let why = "is part of a signature; write the bucket's region, for example eu-west-1";
            found.push(("region", why.to_owned()));
        }
        found
    }
}

/// The region in a bucket's DNS name: `eu-west-1` of `b.s3.eu-west-1.amazonaws.com`.
pub(super) fn region_of(domain_name: &str) -> &str {
    let Some(name) = domain_name.strip_suffix(".amazonaws.com") else {
        return "";
    };
    let region = name.rsplit_once(".s3.").or_else(|| name.rsplit_once(".s3-"));
    region.map(|(_, region)| region).filter(|region| !region.contains('.')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::OriginConfig;
    use super::*;

    fn origin(fields: &str) -> Result<OriginConfig, String> {
        toml::from_str(fields).map_err(|error| error.message().to_owned())
    }

    fn bucket(origin: &OriginConfig) -> &Bucket {
        origin.bucket().unwrap()
    }

    #[test]
    fn a_bucket_needs_its_name_only() {
        for (name, region) in [
            ("b.s3.eu-west-1.amazonaws.com", "eu-west-1"),
            ("my.photos.s3.us-east-2.amazonaws.com", "us-east-2"),
            ("b.s3-eu-west-1.amazonaws.com", "eu-west-1"),
            ("b.s3.amazonaws.com", ""),
            ("b.minio.internal", ""),
        ] {
            let read = origin(&format!("s3 = {name:?}")).unwrap();
            let bucket = bucket(&read);
            assert_eq!((bucket.domain_name.as_str(), bucket.region.as_str()), (name, region));
            assert_eq!(read.problems(), []);
            let json = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<OriginConfig>(&json).unwrap(), read, "{json}");
        }
    }

    #[test]
    fn a_store_elsewhere_has_an_endpoint() {
        let text = "s3 = 'b.store'\npath = '/b'\nregion = 'r'\nendpoint = 'http://127.0.0.1:9000'";
        let read = origin(text).unwrap();
        let found = bucket(&read);
        assert_eq!((found.path.as_str(), found.region.as_str()), ("/b", "r"));
        assert_eq!(found.endpoint.as_ref().map(|endpoint| endpoint.port), Some(9000));
        assert_eq!(read.problems(), []);
    }

    #[test]
    fn mistakes_are_named() {
        for (fields, message) in [
            ("attempts = 1", "missing field `url`: write a `url`, or for a bucket `s3`"),
            ("s3 = 'b'\nurl = 'http://a'", "an origin has one of `url`, `s3` and `folder`"),
            ("url = 'http://a'\nregion = 'r'", "`region` is a bucket's; a `url` has none"),
            ("url = 'http://a'\npath = '/b'", "`path` is a bucket's; write it in the `url`"),
            ("s3 = 'b'\norigin_access_identity = 'E1'", "signing_behavior"),
        ] {
            let error = origin(fields).unwrap_err();
            assert!(error.contains(message), "{fields}: {error}");
        }
        let text = "s3 = 'My.Bucket'\npath = 'b/'\nendpoint = 'http://h/x'\nread_timeout = '5s'";
        let read = origin(text).unwrap();
        let keys: Vec<_> = read.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["s3", "path", "endpoint", "read_timeout"]);
    }
}
