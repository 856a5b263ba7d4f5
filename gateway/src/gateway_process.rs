//! A gateway as a process of its own, from its settings to its end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args as ClapArgs;
use serde::Deserialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use brink_shared::id::TenantName;
use brink_shared::node::{BusArgs, Member, Node, NodeArgs, NodeError, NodeProcess};
use brink_shared::settings::{NodeSettings, SettingsError};
use brink_shared::telemetry::Condition;
use brink_shared::tenant_folder::{self, TenantFolderError};

use crate::access_log::{AccessLogError, AccessLogSettings};
use crate::answered::Telling;
use crate::cache::disk::{self, DiskCacheSettings};
use crate::gateway::{
    CACHE_BYTES_DEFAULT, Gateway, GatewayError, GatewayOptions, OriginIdentity,
    START_ALLOWANCE_DEFAULT,
};
use crate::https::HttpsSettings;
use crate::origin::{AwsKeys, AwsSettings};
use crate::pace::MIN_RATE_DEFAULT;
use crate::proxy_protocol::ProxyProtocolSettings;
use crate::shield::settings::ShieldSettings;
use crate::viewer_headers::geo::GeoFiles;

/// Flags of a gateway.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// The flags of every node.
    #[command(flatten)]
    pub node: NodeArgs,
    /// Address for viewers [default: 0.0.0.0:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Address for viewers over HTTPS [default: none]
    #[arg(long, value_name = "ADDR")]
    pub https_listen: Option<SocketAddr>,
    /// Folder with certificates (NAME.pem or NAME.crt) and their keys (NAME.key)
    #[arg(long, value_name = "DIR")]
    pub https_certificates: Option<PathBuf>,
    /// Versions and ciphers of TLS, under CloudFront's name [default: TLSv1.2_2021]
    #[arg(long, value_name = "POLICY")]
    pub https_security_policy: Option<String>,
    /// File with the keys of session tickets, for gateways that share them
    #[arg(long, value_name = "FILE")]
    pub https_ticket_keys: Option<PathBuf>,
    /// Serve HTTP/3 too, over UDP on the port for HTTPS
    #[arg(long)]
    pub https_http3: bool,
    /// Directory of an ACME authority, which gives certificates to distributions that ask for them
    #[arg(long, value_name = "URL")]
    pub https_acme_directory: Option<String>,
    /// Agree to the terms of service of the ACME authority
    #[arg(long)]
    pub https_acme_agree: bool,
    /// File with the key that seals keys of certificates; the same at all gateways
    #[arg(long, value_name = "FILE")]
    pub https_acme_key: Option<PathBuf>,
    /// Networks of load balancers that send the PROXY protocol, a list
    #[arg(long, value_name = "NETWORKS")]
    pub proxy_protocol_from: Option<String>,
    /// Memory for cached answers, in MB [default: 256]
    #[arg(long, value_name = "MB")]
    pub cache_mb: Option<u64>,
    /// Folder in which answers are kept over a restart [default: none]
    #[arg(long, value_name = "DIR")]
    pub disk_cache_dir: Option<PathBuf>,
    /// The most that this folder takes, in MB [default: 4096]
    #[arg(long, value_name = "MB")]
    pub disk_cache_mb: Option<u64>,
    /// Lowest rate, in bytes a second, at which viewers may read answers and send bodies. A viewer
    /// that is slower for about a minute is cut off; with 0, only a viewer that stands still
    /// [default: 1024]
    #[arg(long, value_name = "BYTES")]
    pub min_rate: Option<u32>,
    /// Database of places (GeoLite2-City or similar), for CloudFront-Viewer-Country and similar
    /// headers
    #[arg(long, value_name = "FILE")]
    pub geo_database: Option<PathBuf>,
    /// Database of autonomous systems (GeoLite2-ASN or similar), for CloudFront-Viewer-ASN
    #[arg(long, value_name = "FILE")]
    pub geo_asn_database: Option<PathBuf>,
    /// Name the matching behavior in X-Brink-Behavior of each answer; for development
    #[arg(long)]
    pub behavior_header: bool,
    /// Folder of certificates that are shown to origins, NAME.crt with NAME.key
    #[arg(long, value_name = "DIR")]
    pub client_certificates: Option<PathBuf>,
    /// File of AWS credentials for buckets [default: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY]
    #[arg(long, value_name = "FILE")]
    pub aws_credentials: Option<PathBuf>,
}

/// All settings of a gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
struct Settings {
    #[serde(flatten)]
    node: NodeSettings,
    listen: SocketAddr,
    https: HttpsSettings,
    proxy_protocol: ProxyProtocolSettings,
    cache_mb: u64,
    disk_cache: DiskCacheSettings,
    /// The lowest rate of viewers, in bytes a second.
    min_rate: u32,
    /// Threads that serve viewers; 0 means one per core.
    threads: usize,
    geo: GeoFiles,
    /// Whether answers have `X-Brink-Behavior`.
    behavior_header: bool,
    access_log: AccessLogSettings,
    /// A folder of client certificates for origins.
    client_certificates: Option<PathBuf>,
    aws: AwsSettings,
    shield: ShieldSettings,
}

/// Why a gateway does not run.
#[derive(Debug, thiserror::Error)]
pub enum GatewayNodeError {
    /// The parts that every node has.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The folder of the disk cache is another tenant's.
    #[error("disk_cache.dir: {0}")]
    DiskCache(#[from] TenantFolderError),
    /// The settings of the access log contradict each other.
    #[error("settings: {0}")]
    AccessLog(#[from] AccessLogError),
    /// The gateway itself.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

/// Runs a gateway until `stop`, then drains it. Needs an actix system.
pub async fn run(
    args: Args,
    bus: BusArgs,
    environment: HashMap<String, String>,
    stop: CancellationToken,
) -> Result<(), GatewayNodeError> {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let more = vec![
        ("listen", args.listen.map(|address| address.to_string())),
        ("https.listen", args.https_listen.map(|address| address.to_string())),
        ("https.certificates", path(&args.https_certificates)),
        ("https.security_policy", args.https_security_policy.clone()),
        ("https.ticket_keys", path(&args.https_ticket_keys)),
        ("https.http3", args.https_http3.then(|| "true".to_owned())),
        ("https.acme.directory", args.https_acme_directory.clone()),
        ("https.acme.agree", args.https_acme_agree.then(|| "true".to_owned())),
        ("https.acme.key", path(&args.https_acme_key)),
        ("proxy_protocol.from", args.proxy_protocol_from.clone()),
        ("cache_mb", args.cache_mb.map(|mb| mb.to_string())),
        ("disk_cache.dir", path(&args.disk_cache_dir)),
        ("disk_cache.mb", args.disk_cache_mb.map(|mb| mb.to_string())),
        ("min_rate", args.min_rate.map(|bytes| bytes.to_string())),
        ("geo.database", path(&args.geo_database)),
        ("geo.asn_database", path(&args.geo_asn_database)),
        ("behavior_header", args.behavior_header.then(|| "true".to_owned())),
        ("client_certificates", path(&args.client_certificates)),
        ("aws.credentials", path(&args.aws_credentials)),
    ];
    let is_of_aws = |(name, _): &(&String, &String)| name.starts_with("AWS_");
    let aws: HashMap<String, String> =
        environment.iter().filter(is_of_aws).map(|(n, v)| (n.clone(), v.clone())).collect();
    let mut settings: Settings = args.node.settings(&bus, environment, more)?;
    settings.https.acme.state.clone_from(&settings.node.state);
    settings.access_log.check()?;
    let process = NodeProcess::start(&settings.node)?;
    let member = Member::only(&settings.node, "gateway")?;
    claim_disk_cache(&mut settings.disk_cache, &member.tenant)?;
    let node = Node::start(&settings.node, &member, &process.health).await?;
    let gateway = Gateway::start(GatewayOptions {
        node: node.id.clone(),
        bus: node.bus.clone(),
        mirror: node.mirror.clone(),
        listen: settings.listen,
        https: settings.https,
        proxy_protocol: settings.proxy_protocol,
        cache_bytes: settings.cache_mb.saturating_mul(1024 * 1024),
        disk_cache: settings.disk_cache,
        min_rate: settings.min_rate,
        threads: (settings.threads > 0).then_some(settings.threads),
        admin: Some(process.admin),
        geo: settings.geo,
        start_allowance: START_ALLOWANCE_DEFAULT,
        telling: Telling { behavior_header: settings.behavior_header, on_answer: None },
        access_log: settings.access_log,
        identity: OriginIdentity {
            client_certificates: settings.client_certificates,
            aws: AwsKeys::new(&settings.aws, |name| aws.get(name).cloned()),
        },
        shield: settings.shield,
    })
    .await?;
    let following = tell_readiness(gateway.caught_up(), process.health.condition("invalidations"));
    let _following = AbortOnDropHandle::new(tokio::spawn(following));
    let with_http3 = if gateway.speaks_http3() { " with HTTP/3" } else { "" };
    let https = gateway.https_address();
    let https = https.map(|address| format!(" and https://{address}{with_http3}"));
    let (http, https) = (gateway.address(), https.unwrap_or_default());
    let within = member.tenant.within();
    println!("{}{within} serves http://{http}{https} (admin http://{})", node.id, process.admin);
    stop.cancelled().await;
    tracing::info!(node = %node.id, "the gateway stops");
    gateway.stop().await;
    node.stop().await;
    process.stop().await;
    Ok(())
}

/// Takes the folder of the disk cache for the tenant. If the disk is at fault, the gateway serves
/// without the cache.
fn claim_disk_cache(
    settings: &mut DiskCacheSettings,
    tenant: &TenantName,
) -> Result<(), TenantFolderError> {
    let Some(dir) = &settings.dir else { return Ok(()) };
    match tenant_folder::claim(dir, tenant, &[disk::FILE]) {
        Err(error @ TenantFolderError::Folder { .. }) => {
            tracing::warn!(%error, "there is no disk cache until this gateway starts again");
            settings.dir = None;
            Ok(())
        }
        claimed => claimed,
    }
}

/// A gateway that was away is ready once it has applied the invalidations that it missed.
async fn tell_readiness(mut caught_up: watch::Receiver<bool>, ready: Condition) {
    loop {
        ready.set(*caught_up.borrow_and_update());
        if caught_up.changed().await.is_err() {
            return;
        }
    }
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            node: NodeSettings::default(),
            listen: SocketAddr::from(([0, 0, 0, 0], 8080)),
            https: HttpsSettings::default(),
            proxy_protocol: ProxyProtocolSettings::default(),
            cache_mb: CACHE_BYTES_DEFAULT / (1024 * 1024),
            disk_cache: DiskCacheSettings::default(),
            min_rate: MIN_RATE_DEFAULT,
            threads: 0,
            geo: GeoFiles::default(),
            behavior_header: false,
            access_log: AccessLogSettings::default(),
            client_certificates: None,
            aws: AwsSettings::default(),
            shield: ShieldSettings::default(),
        }
    }
}
