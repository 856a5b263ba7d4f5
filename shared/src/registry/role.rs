//! Roles: permissions and limits that several functions share.
//!
//! A project file defines roles in `[roles.NAME]`. A published version has a copy of its role, so
//! workers need no look-up, and a later change of the role changes no version.

mod caps;
mod hosts;

use serde::{Deserialize, Deserializer, Serialize};

use crate::id::RoleName;
use crate::limits::Chosen;
use crate::problem::Problem;
pub use caps::Caps;
pub use hosts::{HostError, HostPattern};

/// The role of a function: its name and its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Named", into = "Named")]
pub struct Role {
    /// Its name, for errors.
    pub name: RoleName,
    /// Its rules.
    pub rules: Rules,
}

/// A role in the form of one table. With `flatten`, errors would not name their place in it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: RoleName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hosts: Option<Vec<HostPattern>>,
    #[serde(default)]
    log_level: LogLevel,
    #[serde(default, skip_serializing_if = "Caps::is_empty")]
    limits: Caps,
    #[serde(default, deserialize_with = "processes", skip_serializing_if = "is_default")]
    processes: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    jitless: bool,
}

/// The rules of a role: a table `[roles.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The only hosts that may be called, public or private. `None`: every public host, and the
    /// private ones that a function names in `egress`. Empty: no calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<HostPattern>>,
    /// Log lines below this are dropped where they are written.
    pub log_level: LogLevel,
    /// For each limit, the default of functions that choose nothing, and the most that they may
    /// choose.
    #[serde(skip_serializing_if = "Caps::is_empty")]
    pub limits: Caps,
    /// How many other processes a function may have at a time in `nodejs` and `python`. With 0 it
    /// can start none. At most [`PROCESSES_MAX`].
    #[serde(deserialize_with = "processes", skip_serializing_if = "is_default")]
    pub processes: u32,
    /// Runs `nodejs` without its compiler, and so without memory that can be executed and changed.
    /// JavaScript takes about twice the time then, and there is no WebAssembly.
    #[serde(skip_serializing_if = "is_default")]
    pub jitless: bool,
}

/// Most processes that a function may start.
pub const PROCESSES_MAX: u32 = 32;

/// Levels of `console`. Written as CloudWatch does, read in lower case too.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// `console.trace`.
    #[default]
    #[serde(alias = "trace")]
    Trace,
    /// `console.debug`.
    #[serde(alias = "debug")]
    Debug,
    /// `console.log` and `console.info`.
    #[serde(alias = "info")]
    Info,
    /// `console.warn`.
    #[serde(alias = "warn")]
    Warn,
    /// `console.error`.
    #[serde(alias = "error")]
    Error,
}

// === impl Named ===

impl From<Named> for Role {
    fn from(Named { name, hosts, log_level, limits, processes, jitless }: Named) -> Self {
        Self { name, rules: Rules { hosts, log_level, limits, processes, jitless } }
    }
}

impl From<Role> for Named {
    fn from(Role { name, rules }: Role) -> Self {
        let Rules { hosts, log_level, limits, processes, jitless } = rules;
        Self { name, hosts, log_level, limits, processes, jitless }
    }
}

// === impl Role ===

impl Role {
    /// The choices that a function with this role may not make. Paths are those of the function's
    /// table.
    pub fn problems(&self, chosen: &Chosen<'_>, egress: &[String]) -> Vec<Problem> {
        let name = &self.name;
        let mut problems = self.rules.limits.exceeded_by(chosen, name);
        for (at, host) in egress.iter().enumerate() {
            let Some(hosts) = &self.rules.hosts else { break };
            if !hosts.iter().any(|pattern| pattern.covers(host)) {
                let message = format!(
                    "{host:?} is not among the hosts of its role (roles.{name}.hosts), which are \
                     all that may be called; add it there"
                );
                problems.push(Problem { path: format!("egress[{at}]"), message });
            }
        }
        problems
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn processes<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let processes = u32::deserialize(from)?;
    if processes > PROCESSES_MAX {
        let why = format!("a function may have at most {PROCESSES_MAX} other processes");
        return Err(serde::de::Error::custom(why));
    }
    Ok(processes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::function::FunctionSettings;

    #[test]
    fn a_role_is_read_as_it_is_written() {
        let json = json!({"name": "edge", "hosts": ["api.example.com"], "log_level": "warn"});
        let role: Role = serde_json::from_value(json).unwrap();
        assert_eq!(role.rules.log_level, LogLevel::Warn);
        let written = serde_json::to_value(&role).unwrap();
        assert_eq!(written["log_level"], "WARN");
        assert_eq!(serde_json::from_value::<Role>(written).unwrap(), role);
        let unknown = json!({"name": "edge", "host": ["a"]});
        assert!(serde_json::from_value::<Role>(unknown).is_err());
    }

    #[test]
    fn a_function_opens_no_private_host_beyond_its_role() {
        let json = json!({"name": "edge", "hosts": ["*.internal:80"]});
        let role: Role = serde_json::from_value(json).unwrap();
        let egress = vec!["db.internal:80".to_owned(), "db.internal".to_owned()];
        let settings = FunctionSettings { egress, ..FunctionSettings::default() };
        let problems = role.problems(&settings.chosen(), &settings.egress);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].path, "egress[1]");
        assert!(problems[0].message.contains("roles.edge.hosts"), "{problems:?}");
    }

    #[test]
    fn processes_are_few_and_written_only_if_there_are_any() {
        let role = |rules: serde_json::Value| {
            let mut json = json!({"name": "edge"});
            json.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
            serde_json::from_value::<Role>(json)
        };
        let plain = serde_json::to_value(role(json!({})).unwrap()).unwrap();
        assert!(plain.get("processes").is_none() && plain.get("jitless").is_none(), "{plain}");
        let some = role(json!({"processes": 4, "jitless": true})).unwrap();
        assert_eq!((some.rules.processes, some.rules.jitless), (4, true));
        assert_eq!(serde_json::to_value(some).unwrap()["processes"], 4);
        let error = role(json!({"processes": 33})).unwrap_err().to_string();
        assert!(error.contains("at most 32"), "{error}");
    }
}
