//! The processes of `brink up`: a NATS server, a gateway and workers.
//!
//! The server lets only known identities in ([`crate::local_identities`]).
//!
//! Each node is this program again, in a process group of its own. So Ctrl-C at the terminal
//! reaches only the parent, which stops the nodes in order. A node that ends by itself is replaced
//! after a growing pause (back-off). Nodes end with their parent even if that is killed.
//!
//! ```text
//!              starts                  ends by itself
//!  waiting ───────────▶ running ───────────────────────▶ waiting, with a longer pause
//!     │                    │
//!     └────────────────────┴── stop ──▶ ended
//! ```

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use brink_gateway::viewer_headers::geo::GeoFiles;
use brink_nats_server::{NatsServer, NatsServerOptions};
use brink_shared::identity::Role;
use brink_worker::interpreters::INTERPRETERS;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::command_error::CommandError;
use crate::local_identities::{LocalIdentities, PersonalFile};
use crate::printing;

/// Port of the NATS server if it is free: the default of the other commands.
const NATS_PORT: u16 = 4222;

/// Pause between two checks of the processes.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// First and longest pause before a node that ended is replaced.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// A node that lived this long was healthy; after its next end the pauses begin again.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// The filter for log lines of nodes. It leaves out warnings about missing layers of sandboxes,
/// because they are printed once for all nodes.
const LOG: &str = "warn,brink_worker::confinement=error";

/// Megabytes of bundles that each worker keeps on disk. The largest bundle has 50.
const BUNDLES_MB: &str = "64";

/// How long a node may take to stop before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// A cluster on this machine.
pub struct Cluster {
    server: NatsServer,
    nodes: Vec<Node>,
    /// The credentials of the process that started the cluster.
    creds: PathBuf,
    /// Credentials that this user's commands find.
    _personal: Option<PersonalFile>,
}

/// The addresses and processes of a cluster.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The address of its NATS server.
    pub url: String,
    /// Credentials for it, with the role of an admin.
    pub creds: PathBuf,
    /// The server's process.
    pub server: u32,
    /// The names of its nodes.
    pub nodes: Vec<String>,
}

/// One process of the cluster.
struct Node {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    child: Option<Child>,
    /// When it was started, or will be started again.
    since: Instant,
    pause: Duration,
}

// === impl Cluster ===

impl Cluster {
    /// Starts the server, then the nodes, which keep what they know below `dir`.
    pub async fn start(
        dir: &Path,
        listen: SocketAddr,
        workers: u16,
        geo: &GeoFiles,
    ) -> Result<Self, CommandError> {
        let mut identities = LocalIdentities::open(&dir.join("bus"))?;
        let creds = identities.of("up", Role::Admin)?;
        // The server must know all of them when it starts.
        let of_gateway = identities.of("gateway-1", Role::Gateway)?;
        let of_workers = (1..=workers).map(|number| {
            let name = format!("worker-{number}");
            Ok((identities.of(&name, Role::Admin)?, name))
        });
        let of_workers = of_workers.collect::<Result<Vec<_>, CommandError>>()?;
        let server = start_server(&dir.join("nats"), identities.accounts_file()).await?;
        let personal = identities.offer(&server.url())?;
        let program = std::env::current_exe().map_err(CommandError::failed)?;
        let mut cluster = Self { server, nodes: Vec::new(), creds, _personal: personal };
        let url = cluster.server.url();
        let node = |kind: &str, name: String, creds: &Path, more: &[&str]| {
            Node::new(&program, kind, name, &[&url, &creds.display().to_string()], dir, more)
        };
        let flags = gateway_flags(listen, geo);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        cluster.nodes.push(node("gateway", "gateway-1".to_owned(), &of_gateway, &flags));
        // All of them open the same secrets.
        let key = dir.join("secrets.key").display().to_string();
        for (creds, name) in of_workers {
            let flags = ["--secrets-key", &key, "--bundles-mb", BUNDLES_MB];
            cluster.nodes.push(node("worker", name, &creds, &flags));
        }
        for index in 0..cluster.nodes.len() {
            let begun = cluster.nodes.get_mut(index).map_or(Ok(()), Node::begin);
            if let Err(error) = begun {
                cluster.stop().await;
                return Err(error);
            }
        }
        Ok(cluster)
    }

    /// Its addresses and processes.
    pub fn parts(&self) -> Parts {
        Parts {
            url: self.server.url(),
            creds: self.creds.clone(),
            server: self.server.pid().unwrap_or_default(),
            nodes: self.nodes.iter().map(|node| node.name.clone()).collect(),
        }
    }

    /// Waits until a process ends. None may end before all nodes are up: the cause, for example a
    /// port that is taken, would stop its replacement too.
    pub async fn first_end(&mut self) -> CommandError {
        loop {
            if self.server.has_ended() {
                return CommandError::failed("nats-server ended while the nodes were starting");
            }
            if let Some((name, why)) = self.nodes.iter_mut().find_map(Node::ended) {
                return CommandError::failed(format!(
                    "{name} cannot start ({why}); it says why above"
                ));
            }
            sleep(LOOK_PAUSE).await;
        }
    }

    /// Replaces processes that end, and reports that. Returns only if that fails.
    pub async fn tend(&mut self) -> CommandError {
        loop {
            sleep(LOOK_PAUSE).await;
            if self.server.has_ended() {
                let _ = printing::line("nats-server ended; starting it again");
                if let Err(error) = self.server.restart().await {
                    return CommandError::failed(error);
                }
            }
            for node in &mut self.nodes {
                if let Err(error) = node.tend() {
                    return error;
                }
            }
        }
    }

    /// Stops the gateway, then the workers, then the server.
    pub async fn stop(self) {
        let (gateways, workers): (Vec<_>, Vec<_>) =
            self.nodes.into_iter().partition(|node| node.name.starts_with("gateway"));
        for nodes in [gateways, workers] {
            nodes.iter().for_each(Node::terminate);
            for node in nodes {
                node.wait().await;
            }
        }
        self.server.stop().await;
    }
}

/// A server on the usual port, or on a free one if the port is taken.
async fn start_server(dir: &Path, accounts: PathBuf) -> Result<NatsServer, CommandError> {
    let options = |port| {
        let accounts = Some(accounts.clone());
        NatsServerOptions { dir: dir.to_owned(), port, accounts, ..Default::default() }
    };
    let is_free = std::net::TcpListener::bind(("127.0.0.1", NATS_PORT)).is_ok();
    if is_free && let Ok(server) = NatsServer::start(options(NATS_PORT)).await {
        return Ok(server);
    }
    NatsServer::start(options(0)).await.map_err(CommandError::failed)
}

/// The gateway's own options.
fn gateway_flags(listen: SocketAddr, geo: &GeoFiles) -> Vec<String> {
    let mut flags = ["--behavior-header", "--listen"].map(str::to_owned).to_vec();
    flags.push(listen.to_string());
    for (flag, file) in
        [("--geo-database", &geo.database), ("--geo-asn-database", &geo.asn_database)]
    {
        if let Some(file) = file {
            flags.extend([flag.to_owned(), file.display().to_string()]);
        }
    }
    flags
}

// === impl Node ===

impl Node {
    /// `bus` is the address of the server and the node's credentials.
    fn new(
        program: &Path,
        kind: &str,
        name: String,
        bus: &[&str; 2],
        dir: &Path,
        more: &[&str],
    ) -> Self {
        let state = dir.join(&name).display().to_string();
        let [url, creds] = bus;
        let fixed = [
            kind,
            "--with-parent",
            "--nats",
            url,
            "--creds",
            creds,
            "--node",
            &name,
            "--state",
            &state,
        ];
        let arguments = fixed.iter().chain(&["--log", LOG]).chain(more);
        Self {
            program: program.to_owned(),
            arguments: arguments.map(ToString::to_string).collect(),
            name,
            child: None,
            since: Instant::now(),
            pause: PAUSE.0,
        }
    }

    fn begin(&mut self) -> Result<(), CommandError> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::null());
        // `BRINK_*` variables of the user are for the user's own nodes, not for these. The programs of
        // the machine are the same for all.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BRINK_") && name != INTERPRETERS {
                command.env_remove(name);
            }
        }
        let spawned = command.process_group(0).kill_on_drop(true).spawn();
        let child = spawned.map_err(|error| {
            CommandError::failed(format!("cannot start {}: {error}", self.name))
        })?;
        self.child = Some(child);
        self.since = Instant::now();
        Ok(())
    }

    /// Its name and how its process ended, if it ended.
    fn ended(&mut self) -> Option<(String, String)> {
        let why = match self.child.as_mut()?.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status.to_string(),
            Err(error) => error.to_string(),
        };
        Some((self.name.clone(), why))
    }

    /// Notices that the process ended, or starts another one when it is time.
    fn tend(&mut self) -> Result<(), CommandError> {
        let Some(child) = &self.child else {
            return if Instant::now() >= self.since { self.begin() } else { Ok(()) };
        };
        let pid = child.id().unwrap_or_default();
        let Some((_, status)) = self.ended() else {
            return Ok(());
        };
        if self.since.elapsed() > HEALTHY_AFTER {
            self.pause = PAUSE.0;
        }
        let pause = self.pause;
        let _ = printing::line(format!(
            "{} (process {pid}) ended: {status}; starting another in {} ms",
            self.name,
            pause.as_millis()
        ));
        self.child = None;
        self.since = Instant::now() + pause;
        self.pause = (pause * 2).min(PAUSE.1);
        Ok(())
    }

    fn terminate(&self) {
        let pid = self.child.as_ref().and_then(Child::id).and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            // An error means that it has ended already.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    async fn wait(self) {
        let Some(mut child) = self.child else { return };
        if timeout(STOP_WITHIN, child.wait()).await.is_err() {
            tracing::warn!("{} does not stop; killing it", self.name);
            let _ = child.kill().await;
        }
    }
}
