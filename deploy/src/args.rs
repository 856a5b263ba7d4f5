//! The command line. Words, units and names are fixed, because scripts rely on them.

mod bus;
mod inspect_at;
mod settings;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use brink_shared::event::Trigger;
use brink_shared::id::{DistributionId, FunctionName};
use brink_shared::network::Network;
use brink_shared::private_content::HashAlgorithm;
use brink_shared::registry::RuntimeName;
use brink_shared::registry::distribution::FunctionRef;
use brink_shared::registry::store::KEEP_DEFAULT;
use clap::{Args, Parser, Subcommand};

use crate::printing::Output;

pub use bus::{BusCommand, BusInitArgs, BusTenantArgs, BusUserArgs, CanArgs, HistoryArgs};
pub use inspect_at::InspectAt;
pub use settings::{SecretArgs, SettingsArgs};

/// Develop, publish and run functions at the edge.
#[derive(Debug, Parser)]
#[command(name = "brink", version, max_term_width = 100)]
pub struct Cli {
    /// How to reach the cluster, and how to print.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The NATS server of the cluster [default: nats://127.0.0.1:4222]
    #[arg(long, global = true, value_name = "URL", env = "BRINK_NATS")]
    pub nats: Option<String>,
    /// A credentials file for it; a worker takes one for each tenant that it serves
    #[arg(long, global = true, value_name = "FILE", env = "BRINK_CREDS", value_delimiter = ',')]
    pub creds: Vec<PathBuf>,
    /// File with further authorities that may sign the NATS server's certificate, besides the system's
    #[arg(long, global = true, value_name = "FILE", env = "BRINK_NATS_CA")]
    pub nats_ca: Option<PathBuf>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub output: Output,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a small project that runs: a function, a page and a sample event
    Init(InitArgs),
    /// Run a project here, in one process, and reload it on every change
    Dev(DevArgs),
    /// Run a project on a local cluster: NATS, gateway and workers as processes of their own
    Up(UpArgs),
    /// Run events through a function in a real sandbox; print one JSON line per event, and exit with
    /// 1 if an event failed
    Run(RunArgs),
    /// Print a sample event
    Event(EventArgs),
    /// Publish, show and invoke functions
    #[command(subcommand)]
    Function(FunctionCommand),
    /// Apply, show and roll back distributions
    #[command(subcommand)]
    Distribution(DistributionCommand),
    /// Drop cached objects
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Remove old versions, revisions and bundles that nothing refers to
    #[command(subcommand)]
    Registry(RegistryCommand),
    /// Decide who may connect to the NATS servers of a cluster, and what they may do there
    #[command(subcommand)]
    Bus(BusCommand),
    /// Show who you are on the bus, and what you may do
    Whoami,
    /// Ask whether a user of `brink bus` may do something; exit with 1 if not
    Can(CanArgs),
    /// Show who changed what, when, and from where
    History(HistoryArgs),
    /// Print the log of a function, or requests of viewers as they come
    Logs(LogsArgs),
    /// Sign a URL, or make cookies, for private content
    Sign(SignArgs),
    /// Show the nodes, the registry, and the sandboxes, events and errors of each function
    Status,
    /// Run one gateway of a cluster
    Gateway(Box<GatewayArgs>),
    /// Run one worker of a cluster
    Worker(WorkerArgs),
    /// Run as a sandbox; workers start it, with their socket as its standard input
    #[command(hide = true)]
    Sandbox {
        /// Nothing for the embedded engine, or `interpreter` and its specification
        kind: Vec<String>,
    },
}

/// `brink gateway`.
#[derive(Debug, Args)]
pub struct GatewayArgs {
    /// The gateway's options.
    #[command(flatten)]
    pub node: brink_gateway::gateway_process::Args,
    /// Stop when the process that started this one ends
    #[arg(long, hide = true)]
    pub with_parent: bool,
}

/// `brink worker`.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// The worker's options.
    #[command(flatten)]
    pub node: brink_worker::worker_process::Args,
    /// Stop when the process that started this one ends
    #[arg(long, hide = true)]
    pub with_parent: bool,
}

/// `brink init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder of the project; it is made if it does not exist
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// The runtime of the function
    #[arg(long, value_name = "NAME", default_value_t)]
    pub runtime: RuntimeName,
}

/// `brink dev`.
#[derive(Debug, Args)]
pub struct DevArgs {
    /// The folder that has brink.toml
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Serve HTTPS too, with a certificate that is made for this machine
    /// [default address: 127.0.0.1:8443]
    #[arg(long, value_name = "ADDR", num_args = 0..=1, require_equals = true,
          default_missing_value = "127.0.0.1:8443")]
    pub https: Option<SocketAddr>,
    /// Address for /metrics, /live and /ready
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<SocketAddr>,
    /// Print a line for each request: status, result, and the behavior that matched
    #[arg(long)]
    pub verbose: bool,
    /// Open an inspector for each function in Node.js, and debugpy for each one in Python. Events have
    /// no timeouts then [default: 127.0.0.1, ports from 9229 on for Node.js, from 5678 on for Python]
    #[arg(long, value_name = "[HOST:]PORT", num_args = 0..=1, require_equals = true,
          default_missing_value = "", conflicts_with = "inspect_wait")]
    pub inspect: Option<InspectAt>,
    /// Like --inspect, but a function loads only when a debugger is attached
    #[arg(long, value_name = "[HOST:]PORT", num_args = 0..=1, require_equals = true,
          default_missing_value = "")]
    pub inspect_wait: Option<InspectAt>,
    /// Values of the secrets that the functions of the project name.
    #[command(flatten)]
    pub secrets: SecretArgs,
}

/// `brink up`.
#[derive(Debug, Args)]
pub struct UpArgs {
    /// The folder that has brink.toml
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Address that the gateway listens on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How many workers to start
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,
    /// Values of the secrets that the functions of the project name.
    #[command(flatten)]
    pub secrets: SecretArgs,
}

/// `brink run`.
#[derive(Debug, Args)]
#[command(after_help = "Exits with 1 if an event failed. If PATH is a function of a project \
                        (brink.toml), it runs with the project's settings; options override them.")]
pub struct RunArgs {
    /// The function: a file with what it imports, a folder, or a zip
    pub path: PathBuf,
    /// The function of the project, if several have this source
    #[arg(long, value_name = "NAME")]
    pub function: Option<FunctionName>,
    /// Events, one JSON document per line; `-` for standard input
    #[arg(long, value_name = "FILE.jsonl")]
    pub events: PathBuf,
    /// How it runs.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Its secrets.
    #[command(flatten)]
    pub secrets: SecretArgs,
    /// Print the returned value without validating it against the contract
    #[arg(long)]
    pub raw: bool,
    /// Use a new execution environment for every event
    #[arg(long)]
    pub fresh: bool,
}

/// `brink event`.
#[derive(Debug, Args)]
pub struct EventArgs {
    /// viewer-request, origin-request, origin-response or viewer-response
    #[arg(value_parser = values::trigger)]
    pub trigger: Trigger,
    /// The path, beginning with /
    #[arg(long, value_name = "U", default_value = "/index.html")]
    pub uri: String,
    /// The HTTP method
    #[arg(long, value_name = "M", default_value = "GET")]
    pub method: String,
    /// The query string, without the question mark
    #[arg(long, value_name = "Q", default_value = "")]
    pub querystring: String,
    /// A further header, or another value for a header; may be given again. At response triggers it
    /// is a header of the response
    #[arg(long, value_name = "K: V", value_parser = values::header)]
    pub header: Vec<(String, String)>,
    /// The response's status, at response triggers [default: 200]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(100..=599))]
    pub status: Option<u16>,
    /// A file with the request's body, at request triggers
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
}

/// `brink function`.
#[derive(Debug, Subcommand)]
pub enum FunctionCommand {
    /// Publish the next version from a file, a folder or a zip, if it can start
    Publish(PublishArgs),
    /// List all functions
    List,
    /// Show one function, or one version of it
    Show {
        /// NAME or NAME:VERSION
        #[arg(value_name = "NAME[:V]")]
        function: FunctionRef,
    },
    /// Run one event through a function, without a distribution
    Invoke {
        /// NAME for the newest version, or NAME:VERSION
        #[arg(value_name = "NAME[:V]")]
        function: FunctionRef,
        /// The event, a JSON file; `-` for standard input
        #[arg(long, value_name = "FILE")]
        event: PathBuf,
    },
    /// Delete a function, or one version of it; rejected while a distribution names it
    Delete {
        /// NAME or NAME:VERSION
        #[arg(value_name = "NAME[:V]")]
        function: FunctionRef,
    },
}

/// `brink function publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The function
    pub name: FunctionName,
    /// Its files: a file with what it imports, a folder, or a zip
    #[arg(required_unless_present = "project")]
    pub path: Option<PathBuf>,
    /// Take the source, settings, role and names of secrets from [functions.NAME] of the
    /// brink.toml in this folder
    #[arg(long, value_name = "DIR",
          conflicts_with_all = ["path", "runtime", "handler", "timeout", "memory", "env", "egress"])]
    pub project: Option<PathBuf>,
    /// Events that the version must answer by the contract before it is published: one JSON
    /// document per line
    #[arg(long = "try", value_name = "FILE.jsonl")]
    pub events: Option<PathBuf>,
    /// How it runs.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Its secrets.
    #[command(flatten)]
    pub secrets: SecretArgs,
}

/// `brink distribution`.
#[derive(Debug, Subcommand)]
pub enum DistributionCommand {
    /// Make a document (a project file, or JSON) the next revision
    Apply {
        /// The document
        file: PathBuf,
        /// Apply only if this is the present revision; 0 for none yet
        #[arg(long, value_name = "R")]
        if_revision: Option<u64>,
    },
    /// List all distributions
    List,
    /// Show the present document of a distribution
    Show {
        /// The distribution
        id: DistributionId,
    },
    /// List the revisions of a distribution
    History {
        /// The distribution
        id: DistributionId,
    },
    /// Make an older document the newest revision
    Rollback {
        /// The distribution
        id: DistributionId,
        /// The revision to restore [default: the one before the present]
        #[arg(long, value_name = "R")]
        to: Option<u64>,
    },
    /// Delete a distribution, and stop serving it
    Delete {
        /// The distribution
        id: DistributionId,
    },
}

/// `brink cache`.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Drop cached objects by path, at every gateway
    Invalidate {
        /// The distribution
        id: DistributionId,
        /// Paths with a leading /; `*` only at the end
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<String>,
    },
}

/// `brink registry`.
#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// Remove old versions of functions and old revisions of distributions that nothing refers to,
    /// and bundles that no version has. A version stays if a distribution or a kept revision names
    /// it
    Prune {
        /// Only list them, and remove nothing
        #[arg(long)]
        dry_run: bool,
        /// Keep this many of the newest versions of each function and revisions of each distribution
        #[arg(long, value_name = "N", default_value_t = KEEP_DEFAULT,
              value_parser = values::at_least_one)]
        keep: usize,
        /// Also keep versions and revisions younger than this, for example 12h or 30d [default: 30d]
        #[arg(long, value_name = "TIME", value_parser = values::age)]
        older_than: Option<Duration>,
    },
}

/// `brink logs`.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// NAME or NAME:VERSION
    #[arg(value_name = "NAME[:V]", required_unless_present = "access")]
    pub function: Option<FunctionRef>,
    /// Print requests of viewers until Ctrl-C, of this distribution or of all, instead of the lines of
    /// a function
    #[arg(long, value_name = "DISTRIBUTION", num_args = 0..=1,
          conflicts_with_all = ["function", "trigger"])]
    pub access: Option<Option<DistributionId>>,
    /// Also print new lines as they come
    #[arg(long)]
    pub follow: bool,
    /// Only lines of this trigger
    #[arg(long, value_name = "T", value_parser = values::trigger)]
    pub trigger: Option<Trigger>,
    /// Only errors
    #[arg(long)]
    pub errors: bool,
    /// Only lines with this text
    #[arg(long, value_name = "S")]
    pub grep: Option<String>,
}

/// `brink sign`.
#[derive(Debug, Args)]
#[command(after_help = "A canned policy names the URL and its end. With --starts, --ip or \
                        --resource, and for cookies of a URL with *, it is a custom policy. A \
                        TIME is seconds since 1970, 2027-01-31, 2027-01-31T12:00:00Z, or a time \
                        from now, such as 2h.")]
pub struct SignArgs {
    /// The URL that viewers ask for, with its own query
    pub url: String,
    /// The id of the public key in the distribution
    #[arg(long, value_name = "ID")]
    pub key_pair_id: String,
    /// The private key, in PEM: RSA, or ECDSA on P-256
    #[arg(long, value_name = "FILE")]
    pub private_key: PathBuf,
    /// When the signature ends; needed without --policy
    #[arg(long, value_name = "TIME", value_parser = values::moment, required_unless_present = "policy")]
    pub expires: Option<u64>,
    /// When it begins
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    pub starts: Option<u64>,
    /// The viewers for which it is valid
    #[arg(long, value_name = "CIDR")]
    pub ip: Option<Network>,
    /// The URLs for which it is valid, with * and ? as wildcards [default: the URL]
    #[arg(long, value_name = "PATTERN")]
    pub resource: Option<String>,
    /// A policy of your own, signed as it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["expires", "starts", "ip", "resource"])]
    pub policy: Option<PathBuf>,
    /// Print the values of cookies in place of a URL
    #[arg(long)]
    pub cookies: bool,
    /// The hash of the signature: sha1, as CloudFront's default, or sha256
    #[arg(long, value_name = "HASH", value_parser = values::hash, default_value = "sha1")]
    pub hash: HashAlgorithm,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_are_consistent() {
        Cli::command().debug_assert();
    }
}
