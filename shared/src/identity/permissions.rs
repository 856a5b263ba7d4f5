//! The subjects of each role.
//!
//! No role may answer to whatever subject a message names (`allow_responses` of NATS). A client could
//! send such a message to itself, and then publish to any subject.
//!
//! `shared/tests/identities.rs` tries each role against everything, at a real server.

use super::Role;
use super::accounts::{ADDING, RECORD_API, record_request};
use super::claims::Template;
use crate::subject::{
    ACCESS_FOLLOW, ACCESS_FOLLOWED_ALL, ACCESS_REAL_TIME_ALL, ACCESS_STANDARD_ALL, ACME_BUCKET,
    ADMIN, BUNDLE_BUCKET, GATEWAY_BUCKET, INVALIDATE, INVALIDATED, INVALIDATION_STREAM, LOG_ALL,
    LOG_STREAM, REGISTRY_BUCKET, SHIELDS, STATUS, UPLOAD_BUCKET, WORKERS,
};

/// The server puts the user's name here.
const NAME: &str = "{{name()}}";

/// The permissions of a role.
pub fn of(role: Role) -> Template {
    match role {
        Role::Gateway => gateway(),
        Role::Worker => worker(),
        Role::Admin => admin(),
        Role::Publisher => publisher(),
        Role::Viewer => viewer(),
        Role::Auditor => auditor(),
    }
}

fn gateway() -> Template {
    let mut publish = subjects(&[
        // Answers about its status and with pieces of payloads: to nodes, and to people. Events are
        // answered to other inboxes, because a gateway must not answer for workers.
        "_BG.>",
        "_R_.>",
        "brink.invoke.*.*",
        "brink.start.>",
        "brink.direct.*.*.*",
        "brink.ping.*",
        "brink.parcel.*.*",
        ACCESS_STANDARD_ALL,
        ACCESS_REAL_TIME_ALL,
        ACCESS_FOLLOWED_ALL,
        SHIELDS,
        // Gateways share their certificates by ACME, and nobody else writes them.
        &format!("$KV.{ACME_BUCKET}.>"),
    ]);
    publish.extend(read_bucket(REGISTRY_BUCKET));
    publish.extend(read_bucket(ACME_BUCKET));
    publish.extend(read_journal(INVALIDATION_STREAM));
    // Messages to itself tell it that the bus carries messages.
    publish.push(format!("_BR.{NAME}.>"));
    // It writes and reads its own position.
    let position = format!("$KV.{GATEWAY_BUCKET}.{NAME}");
    publish.push(format!("$JS.API.STREAM.INFO.KV_{GATEWAY_BUCKET}"));
    publish.push(format!("$JS.API.DIRECT.GET.KV_{GATEWAY_BUCKET}.{position}"));
    publish.push(position);
    let mut subscribe = own();
    subscribe.extend(subjects(&[
        "brink.presence.*",
        STATUS,
        ACCESS_FOLLOW,
        INVALIDATE,
        INVALIDATED,
        SHIELDS,
        &format!("$KV.{REGISTRY_BUCKET}.>"),
        &format!("$KV.{ACME_BUCKET}.>"),
        &format!("brink.parcel.{NAME}.*"),
    ]));
    Template::new(publish, subscribe)
}

fn worker() -> Template {
    let (publish, subscribe) = works();
    Template::new(publish, subscribe)
}

/// Running functions.
fn works() -> (Vec<String>, Vec<String>) {
    let mut publish = subjects(&[
        // Answers to gateways and workers, and to people.
        "_BR.>",
        "_BG.>",
        "_R_.>",
        &format!("brink.presence.{NAME}"),
        "brink.parcel.*.*",
        LOG_ALL,
    ]);
    publish.extend(read_bucket(REGISTRY_BUCKET));
    publish.extend(read_objects(BUNDLE_BUCKET));
    publish.push(format!("$JS.API.STREAM.INFO.{LOG_STREAM}"));
    let mut subscribe = own();
    subscribe.extend(subjects(&[
        &in_queue("brink.invoke.*.*"),
        &in_queue("brink.start.>"),
        &format!("brink.direct.{NAME}.>"),
        &format!("brink.ping.{NAME}"),
        STATUS,
        &format!("brink.parcel.{NAME}.*"),
        &format!("$KV.{REGISTRY_BUCKET}.>"),
    ]));
    (publish, subscribe)
}

fn admin() -> Template {
    let (mut publish, mut subscribe) = works();
    publish.extend(subjects(&[
        &format!("{ADMIN}.>"),
        STATUS,
        INVALIDATE,
        INVALIDATED,
        ACCESS_FOLLOW,
        "$JS.API.INFO",
        "$JS.API.STREAM.CREATE.*",
        "$JS.API.STREAM.DELETE.*",
        "$JS.API.STREAM.INFO.*",
        "$JS.API.STREAM.MSG.GET.*",
        "$JS.API.STREAM.PURGE.*",
        "$JS.API.STREAM.UPDATE.*",
        "$JS.API.DIRECT.>",
        "$KV.>",
        "$O.>",
    ]));
    subscribe.extend(subjects(&[
        &format!("{ADMIN}.>"),
        "$SRV.>",
        "$KV.>",
        "$O.>",
        LOG_ALL,
        ACCESS_FOLLOWED_ALL,
    ]));
    // An admin adds to the record of changes, and can neither change nor remove anything.
    publish.push(format!("brink.audit.{NAME}"));
    publish.extend(ADDING.map(|name| record_request(RECORD_API, name)));
    Template::new(publish, subscribe)
}

/// Looking: at the registry, the nodes and the logs.
const LOOKS: [&str; 8] = [
    "function.list",
    "function.show",
    "distribution.list",
    "distribution.show",
    "distribution.history",
    "identity.show",
    "logs.read",
    "change.list",
];

fn viewer() -> Template {
    let (publish, subscribe) = looks();
    Template::new(publish, subscribe)
}

fn auditor() -> Template {
    let (mut publish, subscribe) = looks();
    let requests = ["INFO", "PURGE", "MSG.DELETE"];
    publish.extend(requests.map(|name| record_request("$JS.API", name)));
    Template::new(publish, subscribe)
}

fn looks() -> (Vec<String>, Vec<String>) {
    let mut publish: Vec<_> = LOOKS.iter().map(|request| format!("{ADMIN}.{request}")).collect();
    publish.extend(subjects(&[
        STATUS,
        ACCESS_FOLLOW,
        // For the bus's time.
        &format!("$JS.API.STREAM.INFO.KV_{REGISTRY_BUCKET}"),
    ]));
    let mut subscribe = own();
    subscribe.extend(subjects(&[
        ACCESS_FOLLOWED_ALL,
        ACCESS_STANDARD_ALL,
        ACCESS_REAL_TIME_ALL,
        &format!("brink.parcel.{NAME}.*"),
    ]));
    (publish, subscribe)
}

fn publisher() -> Template {
    let (mut publish, subscribe) = looks();
    publish.push(format!("{ADMIN}.*.*"));
    publish.extend(read_objects(UPLOAD_BUCKET));
    publish.push(format!("$O.{UPLOAD_BUCKET}.>"));
    Template::new(publish, subscribe)
}

/// The inboxes: of answers of workers, of gateways too, and of the server.
fn own() -> Vec<String> {
    ["_BR", "_BG", "_INBOX"].map(|inbox| format!("{inbox}.{NAME}.>")).to_vec()
}

/// A subject that only a member of the queue group of the workers may hear. The server drops an
/// entry with a space from a list that has templates. It takes any white space as the separator,
/// and this one passes its check.
fn in_queue(subject: &str) -> String {
    format!("{subject}\u{b}{WORKERS}")
}

fn read_bucket(bucket: &str) -> Vec<String> {
    let stream = format!("KV_{bucket}");
    subjects(&[
        &format!("$JS.API.STREAM.INFO.{stream}"),
        &format!("$JS.API.DIRECT.GET.{stream}"),
        &format!("$JS.API.DIRECT.GET.{stream}.>"),
    ])
}

fn read_objects(bucket: &str) -> Vec<String> {
    let stream = format!("OBJ_{bucket}");
    subjects(&[
        &format!("$JS.API.STREAM.INFO.{stream}"),
        &format!("$JS.API.STREAM.MSG.GET.{stream}"),
        &format!("$JS.API.DIRECT.GET.{stream}"),
        &format!("$JS.API.DIRECT.GET.{stream}.>"),
    ])
}

fn read_journal(stream: &str) -> Vec<String> {
    subjects(&[
        &format!("$JS.API.STREAM.INFO.{stream}"),
        &format!("$JS.API.STREAM.MSG.GET.{stream}"),
    ])
}

fn subjects(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}
