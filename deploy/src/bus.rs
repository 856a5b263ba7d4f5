//! `brink bus`: who may connect to the NATS servers of a cluster, and what they may do there.

mod server_files;

use std::fmt::Display;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use brink_shared::id::{NodeId, TenantName};
use brink_shared::identity::{Authority, AuthorityError, Right, Role, UserRecord, WhoAmI};
use brink_shared::iso8601;
use brink_shared::wire::UnixMillis;
use serde::Serialize;
use serde_json::json;

use crate::args::{BusCommand, BusTenantArgs, BusUserArgs, CanArgs, Global};
use crate::client::Client;
use crate::command_error::CommandError;
use crate::printing::{self, Table};

/// How long a command waits for another one that has the folder.
const LOCKED_WITHIN: Duration = Duration::from_secs(10);

/// Pause before it looks again.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Bytes of a megabyte.
const MB: u64 = 1024 * 1024;

/// A user, for programs.
#[derive(Serialize)]
struct User {
    name: NodeId,
    role: Role,
    #[serde(skip_serializing_if = "TenantName::is_default")]
    tenant: TenantName,
    /// When the credentials end (ISO 8601).
    expires: Option<String>,
    rights: Vec<Right>,
}

/// Carries out `brink bus`.
pub fn command(global: &Global, command: &BusCommand) -> Result<(), CommandError> {
    let output = global.output;
    let printed = match command {
        BusCommand::Init(args) => {
            server_files::check(args)?;
            let authority = Authority::create(&args.dir).map_err(CommandError::failed)?;
            let config = server_files::write(args)?;
            let sentence = format!(
                "made the identities of a cluster in {}; start each NATS server with\n  \
                 nats-server --config {}",
                args.dir.display(),
                config.display()
            );
            let accounts = authority.accounts_file();
            printing::done(output, &json!({"config": config, "accounts": accounts}), sentence)
        }
        BusCommand::User(args) => {
            let file = add_user(args)?;
            let BusUserArgs { name, role, tenant, .. } = args;
            let within = tenant.within();
            let sentence = format!("{name} has the role {role}{within}: {}", file.display());
            let made = json!({"name": name, "role": role, "tenant": tenant, "creds": file});
            printing::done(output, &made, sentence)
        }
        BusCommand::Tenant(args) => {
            let sentence = change_tenant(args)?;
            printing::done(output, &json!({"tenant": args.name, "removed": args.remove}), sentence)
        }
        BusCommand::Users { dir } => {
            let (_lock, authority) = open(dir)?;
            let documents = users(authority)?;
            printing::result(output, &documents, &table(&documents))
        }
        BusCommand::Revoke { name, tenant, dir } => {
            let (_lock, mut authority) = open(dir)?;
            let revoked = authority.enter(tenant).and_then(|own| own.revoke(name));
            revoked.map_err(CommandError::failed)?;
            let sentence = format!("{name} may not connect any more {}", once_reloaded(dir));
            printing::done(output, &json!({"revoked": name}), sentence)
        }
        BusCommand::Rotate { role, tenant, retire: false, dir } => {
            let (_lock, mut authority) = open(dir)?;
            let rotated = authority.enter(tenant).and_then(|own| own.rotate(*role));
            rotated.map_err(CommandError::failed)?;
            let within = tenant.within();
            let sentence = format!(
                "new credentials of the role {role}{within} are valid {}; those that exist stay valid",
                once_reloaded(dir)
            );
            printing::done(output, &json!({"rotated": role}), sentence)
        }
        BusCommand::Rotate { role, tenant, retire: true, dir } => {
            let (_lock, mut authority) = open(dir)?;
            let ended = authority.enter(tenant).and_then(|own| own.retire(*role));
            let ended = ended.map_err(CommandError::failed)?;
            let within = tenant.within();
            let names: Vec<_> = ended.iter().map(NodeId::as_str).collect();
            let sentence = format!(
                "the older keys of the role {role}{within} end {}, and with them the credentials of: {}",
                once_reloaded(dir),
                if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
            );
            printing::done(output, &json!({"retired": role, "ended": ended}), sentence)
        }
    };
    printed.map_err(CommandError::failed)
}

/// Carries out `brink whoami`.
pub async fn who_am_i(global: &Global) -> Result<(), CommandError> {
    let client = Client::connect(global).await?;
    let who: WhoAmI = client.ask("identity", "show", &json!({})).await?;
    let sentence = match (&who.name, who.role) {
        (_, None) => "nobody: this bus is open, and everybody may do everything".to_owned(),
        (name, Some(role)) if who.rights.is_empty() => {
            let name = name.as_deref().unwrap_or("this node");
            format!("{name} has the role {role}{}", who.tenant.within())
        }
        (name, Some(role)) => {
            let rights: Vec<_> = who.rights.iter().map(ToString::to_string).collect();
            let name = name.as_deref().unwrap_or("this node");
            let within = who.tenant.within();
            format!("{name} has the role {role}{within}, restricted to {}", rights.join(", "))
        }
    };
    printing::done(global.output, &who, sentence).map_err(CommandError::failed)
}

/// Carries out `brink can`.
pub fn can(global: &Global, args: &CanArgs) -> Result<(), CommandError> {
    let CanArgs { user, verb, noun, tenant, dir } = args;
    let (_lock, mut authority) = open(dir)?;
    let may = authority.enter(tenant).and_then(|own| own.may(user, *verb, noun));
    let may = may.map_err(CommandError::failed)?;
    let has = if may { "has" } else { "does not have" };
    let sentence = format!("{user} {has} the right {verb}:{noun}{}", tenant.within());
    printing::done(global.output, &json!({"may": may}), &sentence).map_err(CommandError::failed)?;
    if may { Ok(()) } else { Err(CommandError::printed(sentence)) }
}

/// The identities in a folder. As long as the lock is kept, no other command changes them: it would
/// write its older copy over the changes of this one, and a revocation could be lost.
fn open(dir: &Path) -> Result<(Option<File>, Authority), CommandError> {
    let lock = dir.is_dir().then(|| lock(dir)).transpose()?;
    let authority = Authority::open(dir).map_err(|error| match error {
        AuthorityError::None { .. } => CommandError::usage(error),
        error => CommandError::failed(error),
    })?;
    Ok((lock, authority))
}

/// Waits until no other command has the folder.
fn lock(dir: &Path) -> Result<File, CommandError> {
    let path = dir.join("lock");
    let failed = |why: &dyn Display| CommandError::failed(format!("{}: {why}", path.display()));
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
    let file = opened.map_err(|error| failed(&error))?;
    let until = Instant::now() + LOCKED_WITHIN;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(failed(&"another `brink bus` command has this folder; try again"));
            }
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
        }
    }
}

fn add_user(args: &BusUserArgs) -> Result<std::path::PathBuf, CommandError> {
    if !args.role.is_person() && !args.may.is_empty() {
        let why = format!("--may is for people; {} is a node", args.name);
        return Err(CommandError::usage(why));
    }
    let (_lock, mut authority) = open(&args.dir)?;
    let tenant = authority.enter(&args.tenant).map_err(CommandError::failed)?;
    let file = tenant.add_user(&args.name, args.role, args.expires, args.may.clone());
    file.map_err(CommandError::failed)
}

/// Makes, changes or removes a tenant. Returns what was done.
fn change_tenant(args: &BusTenantArgs) -> Result<String, CommandError> {
    let BusTenantArgs { name, storage_mb, remove, dir } = args;
    let (_lock, mut authority) = open(dir)?;
    let once = once_reloaded(dir);
    if *remove {
        authority.remove_tenant(name).map_err(CommandError::failed)?;
        return Ok(format!("nobody of the tenant {name} may connect any more {once}"));
    }
    let storage = storage_mb.map(|mb| mb.saturating_mul(MB));
    let is_new = authority.add_tenant(name, storage).map_err(CommandError::failed)?;
    let mb = storage_mb.unwrap_or_default();
    Ok(match is_new {
        true => format!("the tenant {name} exists {once}"),
        false => format!("the tenant {name} has {mb} MB of storage {once}"),
    })
}

/// All users, of the tenant that every cluster has first.
fn users(mut authority: Authority) -> Result<Vec<User>, CommandError> {
    let mut tenants: Vec<_> = authority.tenants().map(|(name, _)| name.clone()).collect();
    tenants.sort_by_key(|tenant| !tenant.is_default());
    let mut all = Vec::new();
    for tenant in tenants {
        let own = authority.enter(&tenant).map_err(CommandError::failed)?;
        all.extend(own.users().map(|(name, user)| {
            let UserRecord { role, expires, rights, .. } = user.clone();
            let expires = expires.map(moment);
            User { name: name.clone(), role, tenant: tenant.clone(), expires, rights }
        }));
    }
    Ok(all)
}

/// Revocations and keys are in the configuration of the servers, which they read when they are told.
fn once_reloaded(dir: &Path) -> String {
    let server = dir.join("server");
    format!(
        "once each NATS server has the new {} and was told (`nats-server --signal reload`)",
        server.join("accounts.conf").display()
    )
}

/// A moment in seconds since 1970, as text.
fn moment(seconds: u64) -> String {
    iso8601::format(UnixMillis(seconds.saturating_mul(1_000)))
}

fn table(users: &[User]) -> Table {
    let mut table = Table::new(&["NAME", "ROLE", "TENANT", "EXPIRES", "MAY"]);
    for User { name, role, tenant, expires, rights } in users {
        let rights: Vec<_> = rights.iter().map(ToString::to_string).collect();
        let expires = expires.as_deref().unwrap_or("never");
        table.row(&[name, role, tenant, &expires, &rights.join(" ")]);
    }
    table
}
