//! `brink bus`: who may connect to the NATS servers of a cluster, and do what.

mod server_files;

use std::path::Path;

use brink_shared::id::NodeId;
use brink_shared::identity::{Authority, AuthorityError, Right, Role, WhoAmI};
use brink_shared::iso8601;
use brink_shared::wire::UnixMillis;
use serde::Serialize;
use serde_json::json;

use crate::args::{BusCommand, BusUserArgs, CanArgs, Global};
use crate::client::Client;
use crate::command_error::CommandError;
use crate::printing::{self, Table};

/// A user, for programs.
#[derive(Serialize)]
struct User<'a> {
    name: &'a NodeId,
    role: Role,
    /// When the credentials end (ISO 8601).
    expires: Option<String>,
    rights: &'a [Right],
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
            let BusUserArgs { name, role, .. } = args;
            let sentence = format!("{name} has the role {role}: {}", file.display());
            let made = json!({"name": name, "role": role, "creds": file});
            printing::done(output, &made, sentence)
        }
        BusCommand::Users { dir } => {
            let authority = open(dir)?;
            let users: Vec<_> = authority.users().collect();
            let documents = users.iter();
            let documents: Vec<_> = documents
                .map(|(name, user)| User {
                    name,
                    role: user.role,
                    expires: user.expires.map(moment),
                    rights: &user.rights,
                })
                .collect();
            printing::result(output, &documents, &table(&documents))
        }
        BusCommand::Revoke { name, dir } => {
            open(dir)?.revoke(name).map_err(CommandError::failed)?;
            let sentence = format!("{name} may not connect any more {}", once_reloaded(dir));
            printing::done(output, &json!({"revoked": name}), sentence)
        }
        BusCommand::Rotate { role, retire: false, dir } => {
            open(dir)?.rotate(*role).map_err(CommandError::failed)?;
            let sentence = format!(
                "new credentials of the role {role} are valid {}; those that exist stay valid",
                once_reloaded(dir)
            );
            printing::done(output, &json!({"rotated": role}), sentence)
        }
        BusCommand::Rotate { role, retire: true, dir } => {
            let ended = open(dir)?.retire(*role).map_err(CommandError::failed)?;
            let names: Vec<_> = ended.iter().map(NodeId::as_str).collect();
            let sentence = format!(
                "the older keys of the role {role} end {}, and with them the credentials of: {}",
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
            format!("{} has the role {role}", name.as_deref().unwrap_or("this node"))
        }
        (name, Some(role)) => {
            let rights: Vec<_> = who.rights.iter().map(ToString::to_string).collect();
            let name = name.as_deref().unwrap_or("this node");
            format!("{name} has the role {role}, restricted to {}", rights.join(", "))
        }
    };
    printing::done(global.output, &who, sentence).map_err(CommandError::failed)
}

/// Carries out `brink can`.
pub fn can(global: &Global, args: &CanArgs) -> Result<(), CommandError> {
    let CanArgs { user, verb, noun, dir } = args;
    let may = open(dir)?.may(user, *verb, noun).map_err(CommandError::failed)?;
    let has = if may { "has" } else { "does not have" };
    let sentence = format!("{user} {has} the right {verb}:{noun}");
    printing::done(global.output, &json!({"may": may}), &sentence).map_err(CommandError::failed)?;
    if may { Ok(()) } else { Err(CommandError::printed(sentence)) }
}

fn open(dir: &Path) -> Result<Authority, CommandError> {
    Authority::open(dir).map_err(|error| match error {
        AuthorityError::None { .. } => CommandError::usage(error),
        error => CommandError::failed(error),
    })
}

fn add_user(args: &BusUserArgs) -> Result<std::path::PathBuf, CommandError> {
    if !args.role.is_person() && !args.may.is_empty() {
        let why = format!("--may is for people; {} is a node", args.name);
        return Err(CommandError::usage(why));
    }
    let mut authority = open(&args.dir)?;
    let file = authority.add_user(&args.name, args.role, args.expires, args.may.clone());
    file.map_err(CommandError::failed)
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

fn table(users: &[User<'_>]) -> Table {
    let mut table = Table::new(&["NAME", "ROLE", "EXPIRES", "MAY"]);
    for User { name, role, expires, rights } in users {
        let rights: Vec<_> = rights.iter().map(ToString::to_string).collect();
        let expires = expires.as_deref().unwrap_or("never");
        table.row(&[name, role, &expires, &rights.join(" ")]);
    }
    table
}
