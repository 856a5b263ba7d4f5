//! Every setting of gateways and workers. The check for unknown keys and the table in
//! `deploy/docs/settings.md` are made from it.

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The key in the settings file. A dot stands between a table and its key.
    pub key: &'static str,
    /// Which nodes use it.
    pub nodes: Nodes,
    /// The default, in Markdown.
    pub default: &'static str,
    /// Its purpose, in Markdown.
    pub meaning: &'static str,
}

/// Which nodes use a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nodes {
    /// Gateways and workers.
    All,
    /// Gateways.
    Gateway,
    /// Workers.
    Worker,
}

/// A setting that only tests use. It is accepted and not documented.
pub(super) const TEST_ONLY: &str = "test_clock_shift_s";

/// All settings, in the order of the documentation.
pub const ALL: &[Setting] = &[
    all(
        "node",
        "the name in its credentials, or made up",
        "the node's name. Give each node a name of its own: a gateway records under it which invalidations it has applied",
    ),
    all("nats", "`nats://127.0.0.1:4222`", "NATS servers, a list"),
    all(
        "creds",
        "none",
        "credentials file for NATS ([identities.md](identities.md)); for a worker of several tenants, a list with a file of each",
    ),
    all(
        "nats_ca",
        "none",
        "file with further authorities that may sign the certificates of NATS servers, besides the system's",
    ),
    all(
        "replicas",
        "as it is; 1 for a new one",
        "how many NATS servers keep each stream and bucket: 1, 3 or 5, the same at all nodes",
    ),
    all("state", "none", "folder in which the node keeps its copy of the registry"),
    all("admin", "127.0.0.1, a free port", "address for `/metrics`, `/live` and `/ready`"),
    all("log", "`info,async_nats=warn`", "filter for log lines"),
    all("log_format", "`text`", "`text` or `json`"),
    gateway("listen", "`0.0.0.0:8080`", "address for viewers"),
    gateway("https.listen", "none", "address for viewers over HTTPS ([https.md](https.md))"),
    gateway("https.certificates", "none", "folder with certificates and keys"),
    gateway(
        "https.security_policy",
        "`TLSv1.2_2021`",
        "versions and ciphers of TLS, under CloudFront's name",
    ),
    gateway(
        "https.ticket_keys",
        "made up",
        "file with the keys of session tickets, for gateways that share them",
    ),
    gateway(
        "https.http3",
        "false",
        "serve HTTP/3 too, over UDP on the port of `https.listen` ([https.md](https.md#http3))",
    ),
    gateway(
        "https.acme.directory",
        "none",
        "directory of an authority that issues certificates by ACME ([https.md](https.md#certificates-by-acme))",
    ),
    gateway("https.acme.contact", "none", "where the authority may write to, a list of URLs"),
    gateway("https.acme.agree", "false", "`true`: you agree to the authority's terms of service"),
    gateway(
        "https.acme.key",
        "none",
        "file with the key that seals keys of certificates; the same at all gateways",
    ),
    gateway(
        "https.acme.root",
        "the system's",
        "file with the authorities that may sign the directory's certificate",
    ),
    gateway(
        "https.acme.external_account",
        "none",
        "file with the id and the key of your account at the authority, one a line",
    ),
    gateway(
        "proxy_protocol.from",
        "none",
        "networks of load balancers that send the PROXY protocol, a list ([https.md](https.md#behind-a-load-balancer))",
    ),
    gateway("cache_mb", "256", "memory of all bodies, in MB ([caching.md](caching.md))"),
    gateway(
        "disk_cache.dir",
        "none",
        "folder in which answers are kept over a restart ([caching.md](caching.md#over-a-restart))",
    ),
    gateway("disk_cache.mb", "4096", "the most that this folder takes, in MB"),
    gateway("min_rate", "1024", "the lowest rate of viewers, in bytes a second"),
    gateway("threads", "0", "threads that serve viewers; 0 is one for each core"),
    gateway("geo.database", "none", "database of places ([viewer-headers.md](viewer-headers.md))"),
    gateway("geo.asn_database", "none", "database of networks"),
    gateway("behavior_header", "false", "`true`: answers have the header `X-Brink-Behavior`"),
    gateway(
        "access_log.to",
        "none",
        "where access logs go: `files`, `stdout` or `nats` ([access-logs.md](access-logs.md))",
    ),
    gateway(
        "access_log.format",
        "`w3c`",
        "form of the standard log: `w3c` or `json` ([access-logs.md](access-logs.md#json))",
    ),
    gateway("access_log.real_time_to", "as `access_log.to`", "where real-time logs go"),
    gateway("access_log.dir", "none", "folder of the log files"),
    gateway("access_log.rotate_mb", "64", "a log file is closed at this size, in MB"),
    gateway(
        "access_log.rotate_every",
        "`1h`",
        "a log file is closed at this age, and at the end of each hour",
    ),
    gateway(
        "access_log.keep_mb",
        "0",
        "when closed log files take more megabytes, the oldest ones are deleted; 0 keeps all",
    ),
    gateway(
        "access_log.unmatched",
        "true",
        "`false`: requests that no distribution answers are not logged",
    ),
    gateway(
        "shield.site",
        "none",
        "the gateway's site, whose origins it shields ([origin-shield.md](origin-shield.md))",
    ),
    gateway("shield.listen", "none", "address for other gateways"),
    gateway(
        "shield.address",
        "as `shield.listen`",
        "`HOST:PORT` at which other gateways reach this one",
    ),
    gateway(
        "shield.certificate",
        "none",
        "PEM file with the certificate that this gateway shows to other gateways",
    ),
    gateway("shield.key", "none", "PEM file with the key of that certificate"),
    gateway(
        "shield.authority",
        "none",
        "PEM file with the authority whose certificates gateways show to each other",
    ),
    gateway(
        "client_certificates",
        "none",
        "folder of the certificates that are shown to origins, `NAME.crt` with `NAME.key` ([origins.md](origins.md))",
    ),
    gateway(
        "aws.credentials",
        "the environment",
        "credentials file for buckets with `signing_behavior` ([origins.md](origins.md))",
    ),
    gateway("aws.profile", "`default`", "the section of the credentials file"),
    worker(
        "idle_stop",
        "`60s`",
        "a version without events for this long is stopped; after 10 s if no distribution names it",
    ),
    worker(
        "sandbox.require",
        "none",
        "a worker does not start unless it has these layers of confinement, a list",
    ),
    worker(
        "interpreters",
        "none",
        "programs that run functions of the runtimes `nodejs` and `python`, a list of paths; they are preferred to those of `PATH` ([runtimes.md](runtimes.md))",
    ),
    worker(
        "secrets_key",
        "`secrets.key` in the state folder",
        "the key file that opens secrets ([secrets-and-roles.md](secrets-and-roles.md))",
    ),
    worker(
        "bundles_mb",
        "1024",
        "megabytes of bundles on disk; the bundles that were not used for the longest time are removed, but none that is being loaded",
    ),
    worker(
        "prune.every",
        "never",
        "how often the worker prunes the registry ([cluster.md](cluster.md))",
    ),
    worker(
        "prune.keep",
        "10",
        "newest versions of each function, and revisions of each distribution, that stay",
    ),
    worker("prune.older_than", "`30d`", "younger versions and revisions stay too"),
    worker("quotas.distributions", "500", "most distributions"),
    worker("quotas.behaviors", "75", "most behaviors of a distribution"),
    worker("quotas.origins", "100", "most origins of a distribution"),
    worker("quotas.origin_groups", "10", "most origin groups of a distribution"),
    worker("quotas.aliases", "100", "most aliases of a distribution"),
];

const fn all(key: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting { key, nodes: Nodes::All, default, meaning }
}

const fn gateway(key: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting { key, nodes: Nodes::Gateway, default, meaning }
}

const fn worker(key: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting { key, nodes: Nodes::Worker, default, meaning }
}
