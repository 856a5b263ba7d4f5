//! Limits of a role, each in the form of a function's settings.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::duration_text;
use crate::id::RoleName;
use crate::limits::{self, Chosen, Limit, Unit, size};
use crate::problem::Problem;

/// The most that functions with a role may have, by the limits' names without `limits.`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps(BTreeMap<&'static str, u64>);

/// An amount in the form of its unit.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Time(#[serde(with = "duration_text")] std::time::Duration);

/// An amount in the form of its unit.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Bytes(#[serde(with = "size")] u64);

// === impl Caps ===

impl Caps {
    /// True if the role sets no bound.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The role's bound of a limit.
    pub fn of(&self, limit: &Limit) -> Option<u64> {
        self.0.get(name(limit)).copied()
    }

    /// The role's bounds that exceed the platform's, by their names.
    pub fn problems(&self) -> Vec<Problem> {
        let own = limits::ALL.iter().filter_map(|limit| Some((limit, self.of(limit)?)));
        let wrong = own.filter_map(|(limit, chosen)| {
            let message = limits::out_of_bounds(limit, chosen)?;
            Some(Problem { path: name(limit).to_owned(), message })
        });
        wrong.collect()
    }

    /// The choices of a function beyond the bounds of its role.
    pub(super) fn exceeded_by(&self, chosen: &Chosen<'_>, role: &RoleName) -> Vec<Problem> {
        let own = limits::ALL.iter().filter_map(|limit| Some((limit, self.of(limit)?)));
        let wrong = own.filter_map(|(limit, cap)| {
            let unit = limit.unit;
            let here = format!("roles.{role}.limits.{}", name(limit));
            let most = unit.text(cap);
            let message = match (limit.chosen)(chosen) {
                Some(chosen) if chosen <= cap => return None,
                Some(chosen) => {
                    format!("{} is over the {most} of its role ({here})", unit.text(chosen))
                }
                None => format!("set it: its role allows at most {most} ({here})"),
            };
            Some(Problem { path: limit.key.to_owned(), message })
        });
        wrong.collect()
    }
}

impl Serialize for Caps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (limit, amount) in limits::ALL.iter().filter_map(|limit| Some((limit, self.of(limit)?)))
        {
            let name = name(limit);
            match limit.unit {
                Unit::Time => {
                    let time = Time(std::time::Duration::from_micros(amount));
                    map.serialize_entry(name, &time)?;
                }
                Unit::Bytes | Unit::BytesPerSecond => map.serialize_entry(name, &Bytes(amount))?,
                Unit::Megabytes | Unit::Count => map.serialize_entry(name, &amount)?,
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Caps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Table)
    }
}

struct Table;

impl<'de> Visitor<'de> for Table {
    type Value = Caps;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of limits")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Caps, A::Error> {
        let mut caps = Caps::default();
        while let Some(key) = map.next_key::<String>()? {
            let Some(limit) = limits::ALL.iter().find(|limit| name(limit) == key) else {
                let known: Vec<_> = limits::ALL.iter().map(|limit| name(limit)).collect();
                let known = known.join("`, `");
                let why = format!("unknown limit `{key}`, expected one of `{known}`");
                return Err(A::Error::custom(why));
            };
            let amount = match limit.unit {
                Unit::Time => limits::micros(map.next_value::<Time>()?.0),
                Unit::Bytes | Unit::BytesPerSecond => map.next_value::<Bytes>()?.0,
                Unit::Megabytes | Unit::Count => map.next_value()?,
            };
            caps.0.insert(name(limit), amount);
        }
        Ok(caps)
    }
}

/// `cpu_time` of `limits.cpu_time`.
fn name(limit: &Limit) -> &'static str {
    limit.key.rsplit('.').next().unwrap_or(limit.key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::function::FunctionSettings;

    fn caps(json: serde_json::Value) -> Caps {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn limits_of_a_role_are_written_as_those_of_a_function() {
        let json = serde_json::json!({
            "timeout": "2s", "memory_mb": 256, "cpu_time": "100ms", "log_size": "64KB",
            "log_rate": "1MB", "subrequests": 3,
        });
        let read = caps(json.clone());
        assert_eq!(read.of(&limits::TIMEOUT), Some(2_000_000));
        assert_eq!(read.of(&limits::LOG_SIZE), Some(65_536));
        assert_eq!(caps(serde_json::to_value(&read).unwrap()), read);
        assert!(read.problems().is_empty());
        let wrong = serde_json::from_value::<Caps>(serde_json::json!({"cpu": "1s"})).unwrap_err();
        assert!(wrong.to_string().contains("unknown limit `cpu`, expected one of"), "{wrong}");
        let over = caps(serde_json::json!({"timeout": "31s"})).problems();
        assert!(over[0].message.contains("over the platform's cap of 30s"), "{over:?}");
    }

    #[test]
    fn a_function_may_choose_less_and_not_more() {
        let caps = caps(serde_json::json!({"timeout": "1s", "cpu_time": "1s", "subrequests": 60}));
        let found =
            caps.exceeded_by(&FunctionSettings::default().chosen(), &"edge".parse().unwrap());
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        let over = "timeout: 5s is over the 1s of its role (roles.edge.limits.timeout)";
        assert!(found.iter().any(|problem| problem == over), "{found:?}");
        assert!(found.iter().any(|problem| problem.contains("set it: its role")), "{found:?}");
    }
}
