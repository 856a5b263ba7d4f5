//! `brink up`: the project on a cluster of its own on this machine.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use brink_shared::registry::Mirror;
use brink_shared::status::{NodeStatus, Role};
use tokio_util::task::AbortOnDropHandle;

use crate::args::{Global, UpArgs};
use crate::client::Client;
use crate::cluster::{Cluster, Parts};
use crate::command_error::CommandError;
use crate::launch::{Edge, Launch};
use crate::printing::Output;
use crate::rollout::Rollout;
use crate::session::Session;
use crate::status;

/// The folder for the cluster's files, below the project's folder.
const STATE_DIR: &str = ".brink";

/// A bundle without a version is removed after this long. Other processes may publish too. A
/// publication that takes longer writes its bundle again.
const UPLOAD_AGE: Duration = Duration::from_secs(60);

/// How long the nodes may take until all of them answer.
const NODES_WITHIN: Duration = Duration::from_secs(20);

/// How long the gateway may take to serve the applied revision.
const SERVED_WITHIN: Duration = Duration::from_secs(10);

/// Runs the project until Ctrl-C.
pub async fn command(
    args: &UpArgs,
    environment: HashMap<String, String>,
) -> Result<(), CommandError> {
    let launch = Launch::read(&args.dir, &args.secrets, environment)?;
    let stop = launch.stop.clone();
    let state = state_dir(&args.dir)?;
    free(args.listen)?;
    let starting = Cluster::start(&state, args.listen, args.workers, &launch.project.geo);
    let mut cluster = tokio::select! {
        started = starting => started?,
        // The processes are killed when they are dropped.
        () = stop.cancelled() => return Ok(()),
    };
    let ended = serve(launch, &mut cluster).await;
    cluster.stop().await;
    ended
}

/// Rolls the project out on the cluster and tends both until `stop`.
async fn serve(launch: Launch, cluster: &mut Cluster) -> Result<(), CommandError> {
    let stop = launch.stop.clone();
    let parts = cluster.parts();
    let global = Global {
        nats: Some(parts.url.clone()),
        creds: vec![parts.creds.clone()],
        nats_ca: None,
        output: Output::Text,
    };
    let client = Client::connect(&global).await?;
    let bus = client.bus().clone();
    let ended = tokio::select! {
        up = wait_nodes(&client, &parts) => up,
        error = cluster.first_end() => Err(error),
        () = stop.cancelled() => Ok(()),
    };
    let ended = match ended {
        Ok(()) => tokio::select! {
            ended = run(launch, client, &parts) => ended,
            error = cluster.tend() => Err(error),
            () = stop.cancelled() => Ok(()),
        },
        rejected => rejected,
    };
    bus.close().await;
    ended
}

/// Waits until every node answers.
async fn wait_nodes(client: &Client, parts: &Parts) -> Result<(), CommandError> {
    let all = |nodes: &[NodeStatus]| {
        parts.nodes.iter().all(|name| nodes.iter().any(|node| node.node.as_str() == name))
    };
    let answered = wait_until(client, NODES_WITHIN, all).await;
    answered.map(|_| ()).map_err(|nodes| {
        let answer: Vec<_> = nodes.iter().map(|node| node.node.as_str()).collect();
        let (all, answer) = (parts.nodes.join(", "), answer.join(", "));
        CommandError::failed(format!("of {all} only [{answer}] answer; see the lines above"))
    })
}

async fn run(launch: Launch, client: Client, parts: &Parts) -> Result<(), CommandError> {
    let mirror = Mirror::open(None).map_err(CommandError::failed)?;
    let follow = mirror.clone().follow(client.bus().clone(), launch.stop.clone());
    let _following = AbortOnDropHandle::new(tokio::spawn(follow));
    let edge = Edge { client, mirror, upload_age: UPLOAD_AGE, inspection: None };
    let ready = async |session: &Session, began: Instant| {
        let nodes = wait_served(session.rollout()).await?;
        let line = session.ready(began.elapsed(), &address(&nodes));
        let line = format!("{line}  {}", processes(parts, &nodes));
        Ok([line].into_iter().chain(status::lacking(&nodes)).collect())
    };
    launch.run(edge, ready).await
}

/// Reports an address that is taken at once. The gateway would report it only after everything else
/// was started.
fn free(listen: SocketAddr) -> Result<(), CommandError> {
    std::net::TcpListener::bind(listen).map(|_| ()).map_err(|error| {
        CommandError::failed(format!("cannot listen on {listen}: {error}; choose with --listen"))
    })
}

/// The gateway's address.
fn address(nodes: &[NodeStatus]) -> String {
    let gateway = nodes.iter().find(|node| node.role == Role::Gateway);
    gateway.and_then(|node| node.listens.first()).cloned().unwrap_or_default()
}

/// `nats://127.0.0.1:4222 (nats-server 7, gateway-1 8, worker-1 9)`.
fn processes(parts: &Parts, nodes: &[NodeStatus]) -> String {
    let nodes: String = nodes.iter().map(|node| format!(", {} {}", node.node, node.pid)).collect();
    format!("{} (nats-server {}{nodes})", parts.url, parts.server)
}

/// Waits until a gateway reports that it serves the applied revision.
async fn wait_served(rollout: &Rollout) -> Result<Vec<NodeStatus>, CommandError> {
    let wanted = rollout.applied().map_or_else(String::new, |(distribution, revision)| {
        format!("{}@{revision}", distribution.id)
    });
    let serves = |nodes: &[NodeStatus]| {
        nodes.iter().any(|node| node.role == Role::Gateway && node.distributions.contains(&wanted))
    };
    wait_until(rollout.client(), SERVED_WITHIN, serves)
        .await
        .map_err(|_| CommandError::failed(format!("the gateway does not serve {wanted} in time")))
}

/// Asks every node for its status until the answers are enough. Otherwise returns the last answers.
async fn wait_until(
    client: &Client,
    within: Duration,
    will_do: impl Fn(&[NodeStatus]) -> bool,
) -> Result<Vec<NodeStatus>, Vec<NodeStatus>> {
    let began = Instant::now();
    loop {
        // The server may be busy starting; only the deadline counts.
        let nodes = client.status().await.unwrap_or_default();
        if will_do(&nodes) {
            return Ok(nodes);
        }
        if began.elapsed() > within {
            return Err(nodes);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The folder of the cluster's files. It is hidden from version control.
fn state_dir(project: &Path) -> Result<PathBuf, CommandError> {
    let dir = project.join(STATE_DIR);
    let made = std::fs::create_dir_all(&dir)
        .and_then(|()| std::fs::write(dir.join(".gitignore"), "*\n"))
        .and_then(|()| dir.canonicalize());
    made.map_err(|error| CommandError::failed(format!("cannot write {}: {error}", dir.display())))
}
