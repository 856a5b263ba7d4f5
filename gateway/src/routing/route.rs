//! One distribution, prepared for requests.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use wildmatch::WildMatch;

use brink_shared::event::{AuthMethod, CustomOrigin, Headers, Origin, S3Origin, Trigger};
use brink_shared::id::{DistributionId, SiteName, VersionId};
use brink_shared::limits::{ORIGIN_TIMEOUT_MAX, VIEWER_TIMEOUT_MAX};
use brink_shared::registry::RuntimeName;
use brink_shared::registry::distribution::viewer_header::ViewerHeader;
use brink_shared::registry::distribution::{
    Behavior, Bucket, Distribution, DistributionRecord, ErrorPage, GeoRestriction, OnError,
    OriginConfig, OriginPlace, OriginUrl,
};
use brink_shared::registry::function::FunctionVersion;

use super::normal_path::normal_path;
use crate::access::Guard;
use crate::access_log::DistributionLog;
use crate::response_headers::ResponseHeaders;

/// A distribution.
#[derive(Debug)]
pub struct Route {
    /// Its id.
    pub id: DistributionId,
    /// Its revision, for status and logs.
    pub revision: u64,
    /// Its own host name.
    pub domain_name: String,
    /// Hosts that it answers in addition to its own; none means any.
    pub aliases: Vec<String>,
    /// The path for `/`; empty for none.
    pub default_root_object: String,
    /// The first match counts.
    pub behaviors: Vec<Arc<RoutedBehavior>>,
    /// What viewers get instead of errors.
    pub error_pages: Vec<ErrorPage>,
    /// The countries whose viewers get answers.
    pub geo_restriction: Option<GeoRestriction>,
    /// The endpoints of its buckets' stores, by the buckets' names.
    endpoints: HashMap<String, OriginUrl>,
    /// Its access logs.
    pub log: Arc<DistributionLog>,
    /// Its origins.
    origins: Vec<Arc<RoutedOrigin>>,
}

/// A behavior, with everything that it names.
#[derive(Debug)]
pub struct RoutedBehavior {
    pattern: WildMatch,
    /// As configured.
    pub config: Behavior,
    /// The origins of its requests.
    pub origins: OriginChoice,
    /// The facts about viewers for its origin side.
    pub viewer_headers: Vec<ViewerHeader>,
    /// Which viewers get answers; `None` if all do.
    pub guard: Option<Box<Guard>>,
    /// The changes to the headers of its answers.
    pub response_headers: Option<ResponseHeaders>,
    functions: BTreeMap<Trigger, RoutedFunction>,
}

/// The primary origin, and the secondary one.
#[derive(Debug)]
pub struct OriginChoice {
    /// Asked first.
    pub primary: RoutedOrigin,
    /// Asked when the primary fails, with the statuses that count as failure.
    pub secondary: Option<(RoutedOrigin, Vec<u16>)>,
}

/// An origin as events show it, and the parts that only the gateway knows.
#[derive(Clone, Debug)]
pub struct RoutedOrigin {
    /// Its name in the distribution.
    pub name: String,
    /// As configured.
    pub config: OriginConfig,
    /// In the form that origin-facing functions see.
    pub shown: Origin,
}

/// A function at a trigger.
#[derive(Clone, Debug)]
pub struct RoutedFunction {
    /// Its version.
    pub version: VersionId,
    /// Its name as a label of metrics, made once and not for every event.
    pub function_label: Arc<str>,
    /// Its number as a label of metrics.
    pub version_label: Arc<str>,
    /// The runtime that it names.
    pub runtime: RuntimeName,
    /// How long it may run at this trigger.
    pub timeout: Duration,
    /// Whether it is shown the body.
    pub include_body: bool,
    /// The answer to the viewer if it fails.
    pub on_error: OnError,
}

/// Why a distribution cannot be served.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// A trigger names a version that this gateway does not know.
    #[error(
        "behaviors[{behavior}].functions.{trigger} names {function}, which this gateway does not know"
    )]
    NoFunction {
        /// Index of the behavior.
        behavior: usize,
        /// The trigger.
        trigger: Trigger,
        /// The version.
        function: String,
    },
    /// A behavior names an origin that does not exist.
    #[error("there is no origin {0:?}")]
    NoOrigin(String),
    /// A list of networks has an entry that this release does not know.
    #[error("behaviors[{behavior}].access: {why}")]
    Access {
        /// Index of the behavior.
        behavior: usize,
        /// The problem.
        why: String,
    },
}

// === impl Route ===

impl Route {
    /// Looks up everything that the distribution names.
    pub fn new(
        record: &DistributionRecord,
        versions: &BTreeMap<VersionId, FunctionVersion>,
    ) -> Result<Self, RouteError> {
        let distribution = &record.distribution;
        let behaviors = distribution.behaviors.iter().enumerate().map(|(index, behavior)| {
            RoutedBehavior::new(index, behavior, distribution, versions).map(Arc::new)
        });
        let buckets = distribution.origins.values().filter_map(OriginConfig::bucket);
        let endpoint = |bucket: &Bucket| {
            bucket.endpoint.clone().map(|endpoint| (bucket.domain_name.clone(), endpoint))
        };
        let (id, domain_name) = (distribution.id.clone(), distribution.domain_name());
        let log = DistributionLog::new(id, domain_name, distribution.logging.as_ref());
        Ok(Self {
            id: distribution.id.clone(),
            log: Arc::new(log),
            endpoints: buckets.filter_map(endpoint).collect(),
            origins: distribution
                .origins
                .iter()
                .map(|(name, config)| Arc::new(RoutedOrigin::new(name, config)))
                .collect(),
            revision: record.revision,
            domain_name: distribution.domain_name(),
            aliases: distribution.aliases.clone(),
            default_root_object: distribution.default_root_object.clone(),
            behaviors: behaviors.collect::<Result<_, _>>()?,
            error_pages: distribution.error_pages.clone(),
            geo_restriction: distribution.geo_restriction.clone(),
        })
    }

    /// The first behavior whose pattern matches the path in any spelling; `None` only if there is
    /// no `*`. `/` has the behavior of the default root object, because its guards hold for the
    /// object and not for one path to it.
    pub fn behavior(&self, path: &str) -> Option<&Arc<RoutedBehavior>> {
        let path = normal_path(path);
        if path == "/" && !self.default_root_object.is_empty() {
            let object = format!("/{}", self.default_root_object);
            return self.matching(&normal_path(&object));
        }
        self.matching(&path)
    }

    fn matching(&self, normal: &str) -> Option<&Arc<RoutedBehavior>> {
        self.behaviors.iter().find(|behavior| behavior.matches(normal))
    }

    /// The path of the default root object, if there is one and this path means `/`
    /// (`contract.md` 7.1).
    pub fn root_object(&self, path: &str) -> Option<String> {
        let is_root = !self.default_root_object.is_empty() && normal_path(path) == "/";
        is_root.then(|| format!("/{}", self.default_root_object))
    }

    /// True if this behavior gives its origin side facts about viewers, or if a behavior for error
    /// pages does.
    pub fn tells_of_viewers(&self, behavior: &RoutedBehavior) -> bool {
        let tells = |behavior: &RoutedBehavior| !behavior.viewer_headers.is_empty();
        tells(behavior)
            || (!self.error_pages.is_empty() && self.behaviors.iter().any(|other| tells(other)))
    }

    /// The configuration for an error status.
    pub fn error_page(&self, status: u16) -> Option<&ErrorPage> {
        self.error_pages.iter().find(|page| page.status == status)
    }

    /// The endpoint of a bucket's store. A function may choose any bucket that the distribution
    /// lists, or another one in the store of the `configured` origin.
    pub fn endpoint<'a>(
        &'a self,
        origin: &Origin,
        configured: &'a RoutedOrigin,
    ) -> Option<&'a OriginUrl> {
        let Origin::S3(s3) = origin else {
            return None;
        };
        let own = || configured.config.bucket()?.endpoint.as_ref();
        self.endpoints.get(&s3.domain_name).or_else(own)
    }

    /// The configuration of the origin that this one is, however a function may have changed it:
    /// the behavior's own, or another one of the distribution. `None` if the function named a
    /// server that the distribution does not have. It gets neither certificate nor signature.
    pub fn config_of<'a>(
        &'a self,
        origin: &Origin,
        configured: &'a RoutedOrigin,
    ) -> Option<&'a OriginConfig> {
        let mut all = std::iter::once(configured).chain(self.origins.iter().map(AsRef::as_ref));
        all.find(|other| is_same_server(&other.shown, origin)).map(|other| &other.config)
    }

    /// The origin with this name.
    pub fn origin(&self, name: &str) -> Option<&Arc<RoutedOrigin>> {
        self.origins.iter().find(|origin| origin.name == name)
    }

    /// The sites that shield its origins, without repetition.
    pub fn shield_sites(&self) -> BTreeSet<&SiteName> {
        let shields = self.origins.iter().filter_map(|origin| origin.config.origin_shield.as_ref());
        shields.map(|shield| &shield.site).collect()
    }

    /// `shop@3`, for status and logs.
    pub fn label(&self) -> String {
        format!("{}@{}", self.id, self.revision)
    }
}

fn is_same_server(one: &Origin, other: &Origin) -> bool {
    match (one, other) {
        (Origin::Custom(one), Origin::Custom(other)) => {
            one.domain_name == other.domain_name
                && one.port == other.port
                && one.protocol == other.protocol
        }
        (Origin::S3(one), Origin::S3(other)) => one.domain_name == other.domain_name,
        (Origin::Custom(_), Origin::S3(_)) | (Origin::S3(_), Origin::Custom(_)) => false,
    }
}

// === impl RoutedBehavior ===

impl RoutedBehavior {
    fn new(
        index: usize,
        behavior: &Behavior,
        distribution: &Distribution,
        versions: &BTreeMap<VersionId, FunctionVersion>,
    ) -> Result<Self, RouteError> {
        let mut functions = BTreeMap::new();
        for (trigger, association) in &behavior.functions {
            let known = association.function.version().and_then(|id| versions.get(&id));
            let version = known.ok_or_else(|| RouteError::NoFunction {
                behavior: index,
                trigger: *trigger,
                function: association.function.to_string(),
            })?;
            let limit = if trigger.is_viewer() { VIEWER_TIMEOUT_MAX } else { ORIGIN_TIMEOUT_MAX };
            let function = RoutedFunction {
                version: version.version.clone(),
                function_label: version.version.function.to_string().into(),
                version_label: version.version.number.to_string().into(),
                runtime: version.settings.runtime,
                timeout: version.settings.timeout.min(limit),
                include_body: association.include_body,
                on_error: association.on_error,
            };
            functions.insert(*trigger, function);
        }
        let pattern = behavior.path.strip_prefix('/').unwrap_or(&behavior.path);
        let guard = Guard::of(distribution, behavior);
        let guard = guard.map_err(|why| RouteError::Access { behavior: index, why })?;
        Ok(Self {
            pattern: WildMatch::new(pattern),
            config: behavior.clone(),
            origins: OriginChoice::new(&behavior.origin, distribution)?,
            viewer_headers: ViewerHeader::selected(&behavior.cache, &behavior.forward),
            guard: guard.map(Box::new),
            response_headers: behavior.response_headers.as_ref().map(ResponseHeaders::new),
            functions,
        })
    }

    /// True if the pattern matches the path, which must be in normal form. A leading `/` makes no
    /// difference.
    fn matches(&self, path: &str) -> bool {
        self.pattern.matches(path.strip_prefix('/').unwrap_or(path))
    }

    /// The function at this trigger.
    pub fn function(&self, trigger: Trigger) -> Option<&RoutedFunction> {
        self.functions.get(&trigger)
    }
}

// === impl OriginChoice ===

impl OriginChoice {
    fn new(name: &str, distribution: &Distribution) -> Result<Self, RouteError> {
        let find = |name: &str| {
            let missing = || RouteError::NoOrigin(name.to_owned());
            let config = distribution.origins.get(name).ok_or_else(missing)?;
            Ok(RoutedOrigin::new(name, config))
        };
        match distribution.origin_groups.get(name) {
            None => Ok(Self { primary: find(name)?, secondary: None }),
            Some(group) => Ok(Self {
                primary: find(&group.primary)?,
                secondary: Some((find(&group.secondary)?, group.failover.clone())),
            }),
        }
    }
}

// === impl RoutedOrigin ===

impl RoutedOrigin {
    fn new(name: &str, config: &OriginConfig) -> Self {
        let custom_headers: Headers = config.custom_headers.iter().collect();
        // Functions see whole seconds.
        let seconds = |wait: Duration| wait.as_secs_f64().ceil() as u32;
        let shown = match &config.place {
            OriginPlace::Url(url) => Origin::Custom(CustomOrigin {
                custom_headers,
                domain_name: url.host.clone(),
                keepalive_timeout: seconds(config.keepalive_timeout),
                path: url.path.clone(),
                port: url.port,
                protocol: url.protocol,
                read_timeout: seconds(config.read_timeout),
                ssl_protocols: vec!["TLSv1.2".to_owned()],
            }),
            OriginPlace::Bucket(bucket) => Origin::S3(S3Origin {
                auth_method: AuthMethod::None,
                custom_headers,
                domain_name: bucket.domain_name.clone(),
                path: bucket.path.clone(),
                region: bucket.region.clone(),
            }),
        };
        Self { name: name.to_owned(), config: config.clone(), shown }
    }
}
