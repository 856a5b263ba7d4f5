//! The accounts, and the subjects that each one takes from another.

use std::time::Duration;

use super::Role;
use super::claims::{Answers, Export, Import, Kind};
use crate::id::TenantName;
use crate::subject::{
    ACCESS_FOLLOW, ACCESS_FOLLOWED_ALL, ACCESS_REAL_TIME_ALL, ACCESS_STANDARD_ALL, ADMIN,
    AUDIT_ALL, AUDIT_STREAM, LOG_ALL, REGISTRY_BUCKET, STATUS, UPLOAD_BUCKET,
};

/// For how long several answers may come: to requests for the status and for pages of a stream.
const SEVERAL_WITHIN: Duration = Duration::from_secs(30);

/// For how long the answer to an admin request may come. The largest bundle takes some minutes
/// ([`crate::admin::answer_later`]).
const ADMIN_WITHIN: Duration = Duration::from_secs(600);

/// An account of the cluster. Each tenant has all of them for itself but the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountName {
    /// The server's own events.
    System,
    /// JetStream. It has no users.
    State,
    /// JetStream with the record of changes and nothing else. It has no users. A server publishes what
    /// a stream copies within the stream's account, so no other stream can reach the record.
    Record,
    /// Gateways, workers and admins.
    Brink,
    /// Publishers, viewers and auditors.
    People,
}

/// The public keys of the accounts of one tenant.
pub trait PublicKeys {
    /// The key of an account.
    fn key_of(&self, account: AccountName) -> String;
}

// === impl AccountName ===

impl AccountName {
    /// All accounts.
    pub const ALL: [Self; 5] = [Self::System, Self::State, Self::Record, Self::Brink, Self::People];

    /// The accounts of a tenant. The one that every cluster has keeps the account of the servers too.
    pub fn all_of(tenant: &TenantName) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|account| *account != Self::System || tenant.is_default())
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::State => "state",
            Self::Record => "record",
            Self::Brink => "brink",
            Self::People => "people",
        }
    }

    /// The account of a role.
    pub fn of(role: Role) -> Self {
        if role.is_person() { Self::People } else { Self::Brink }
    }

    /// Whether it has JetStream.
    pub fn has_jetstream(self) -> bool {
        matches!(self, Self::State | Self::Record)
    }

    /// The roles whose holders are in the account.
    pub fn roles(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| Self::of(*role) == self)
    }

    /// Its subjects for other accounts.
    pub fn exports(self) -> Vec<Export> {
        match self {
            Self::System => Vec::new(),
            Self::State => {
                let mut all: Vec<_> = STATE_ONCE.into_iter().map(once).collect();
                all.push(several("$JS.API.DIRECT.>", SEVERAL_WITHIN));
                all
            }
            Self::Record => {
                let requests = ADDING.map(|name| record_request(API, name));
                let all = requests.iter().map(String::as_str).chain(REMOVING).chain([AUDIT_ALL]);
                all.map(once).collect()
            }
            Self::Brink => vec![
                Export { response_threshold: nanos(ADMIN_WITHIN), ..once(&format!("{ADMIN}.*.*")) },
                several(STATUS, SEVERAL_WITHIN),
                once(ACCESS_FOLLOW),
                stream(ACCESS_FOLLOWED_ALL),
                stream(ACCESS_STANDARD_ALL),
                stream(ACCESS_REAL_TIME_ALL),
            ],
            Self::People => Vec::new(),
        }
    }

    /// The subjects of other accounts that it uses.
    pub fn imports(self, keys: &impl PublicKeys) -> Vec<Import> {
        let state = keys.key_of(Self::State);
        let record = keys.key_of(Self::Record);
        let brink = keys.key_of(Self::Brink);
        let service = |subject: &str, account: &String| import(Kind::Service, subject, account);
        match self {
            Self::System | Self::State | Self::Record => Vec::new(),
            Self::Brink => {
                let all = STATE_ONCE.into_iter().chain(["$JS.API.DIRECT.>"]);
                let of_record = ADDING.map(|name| Import {
                    local_subject: Some(record_request(RECORD_API, name)),
                    ..service(&record_request(API, name), &record)
                });
                let all = all.map(|subject| service(subject, &state));
                all.chain(of_record).chain([service(AUDIT_ALL, &record)]).collect()
            }
            Self::People => {
                let uploads = format!("OBJ_{UPLOAD_BUCKET}");
                let own = [
                    Import { share: true, ..service(&format!("{ADMIN}.*.*"), &brink) },
                    service(STATUS, &brink),
                    service(ACCESS_FOLLOW, &brink),
                    import(Kind::Stream, ACCESS_FOLLOWED_ALL, &brink),
                    import(Kind::Stream, ACCESS_STANDARD_ALL, &brink),
                    import(Kind::Stream, ACCESS_REAL_TIME_ALL, &brink),
                    // Nobody may use it. Without it, the server would answer all requests to
                    // JetStream in this account, because the account has none.
                    service("$JS.API.INFO", &state),
                    service(&format!("$JS.API.STREAM.INFO.KV_{REGISTRY_BUCKET}"), &state),
                    service(&record_request(API, "INFO"), &record),
                    service(&format!("$JS.API.STREAM.INFO.{uploads}"), &state),
                    service(&format!("$JS.API.STREAM.MSG.GET.{uploads}"), &state),
                    service(&format!("$JS.API.DIRECT.GET.{uploads}"), &state),
                    service(&format!("$JS.API.DIRECT.GET.{uploads}.>"), &state),
                    service(&format!("$O.{UPLOAD_BUCKET}.>"), &state),
                ];
                let removing = REMOVING.map(|subject| service(subject, &record));
                own.into_iter().chain(removing).collect()
            }
        }
    }
}

/// Precedes requests to JetStream.
const API: &str = "$JS.API";

/// Precedes requests to JetStream about the record of changes, in the account of the nodes. The
/// requests with the usual prefix go to the other streams there.
pub const RECORD_API: &str = "$JSR.API";

/// Requests about the record from workers that serve admin requests. They make it, add to it and
/// read it.
pub(super) const ADDING: [&str; 3] = ["CREATE", "INFO", "MSG.GET"];

/// Requests from auditors, who may send them about the record only.
const REMOVING: [&str; 2] = ["$JS.API.STREAM.PURGE.*", "$JS.API.STREAM.MSG.DELETE.*"];

/// Requests to JetStream, and messages that it keeps. Only these are used, by Brink and by the
/// commands of the documentation. Making consumers is not
/// among them, nor snapshots: the server sends both to a subject that the request names.
///
/// None overlap: a request on two imports would be carried out twice. Where a message changes
/// something, the import has a wildcard. On an import without one, the server takes an answer from
/// another account for a request, if the asker named that subject for the answer.
const STATE_ONCE: [&str; 11] = [
    "$JS.API.INFO",
    "$JS.API.STREAM.CREATE.*",
    "$JS.API.STREAM.DELETE.*",
    "$JS.API.STREAM.INFO.*",
    "$JS.API.STREAM.MSG.GET.*",
    "$JS.API.STREAM.PURGE.*",
    "$JS.API.STREAM.UPDATE.*",
    "$KV.>",
    "$O.>",
    LOG_ALL,
    "brink.cache.*",
];

/// The subject of a request to JetStream about the record.
pub(super) fn record_request(api: &str, name: &str) -> String {
    format!("{api}.STREAM.{name}.{AUDIT_STREAM}")
}

fn once(subject: &str) -> Export {
    Export {
        name: subject.to_owned(),
        subject: subject.to_owned(),
        r#type: Kind::Service,
        response_type: Some(Answers::Singleton),
        response_threshold: None,
    }
}

fn several(subject: &str, within: Duration) -> Export {
    let response_type = Some(Answers::Stream);
    Export { response_type, response_threshold: nanos(within), ..once(subject) }
}

fn stream(subject: &str) -> Export {
    Export { r#type: Kind::Stream, response_type: None, ..once(subject) }
}

fn import(kind: Kind, subject: &str, account: &str) -> Import {
    Import {
        name: subject.to_owned(),
        subject: subject.to_owned(),
        local_subject: None,
        account: account.to_owned(),
        r#type: kind,
        share: false,
    }
}

fn nanos(duration: Duration) -> Option<u64> {
    u64::try_from(duration.as_nanos()).ok()
}
