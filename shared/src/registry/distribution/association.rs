//! The function at a trigger, and the answer to the viewer if it fails.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::id::{FunctionName, NameError, VersionId};

/// A function at a trigger: `"auth:2"`, or a table with `function` and options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Association {
    /// The function and its version.
    pub function: FunctionRef,
    /// Whether the function is shown the viewer's body.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_body: bool,
    /// The viewer's answer if the function fails.
    pub on_error: OnError,
}

/// `ab-test:3`, or `ab-test` for the newest version (`brink dev` and `brink up` only).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FunctionRef {
    /// The function.
    pub function: FunctionName,
    /// Its version; none for the newest.
    pub number: Option<u32>,
}

/// The answer to the viewer if a function fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// The viewer gets 502 or 503, as from CloudFront.
    #[default]
    Fail,
    /// The request goes on as if there were no function.
    Continue,
}

// === impl Association ===

impl<'de> Deserialize<'de> for Association {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            function: FunctionRef,
            #[serde(default)]
            include_body: bool,
            #[serde(default)]
            on_error: OnError,
        }

        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Association;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a function, \"auth:2\" or { function = \"auth:2\", ... }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Association, E> {
                let function = text.parse().map_err(E::custom)?;
                Ok(Association { function, include_body: false, on_error: OnError::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Association, A::Error> {
                let table = Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Association {
                    function: table.function,
                    include_body: table.include_body,
                    on_error: table.on_error,
                })
            }
        }
        deserializer.deserialize_any(Forms)
    }
}

// === impl FunctionRef ===

impl FunctionRef {
    /// The version, if a number is given.
    pub fn version(&self) -> Option<VersionId> {
        self.number.map(|number| VersionId { function: self.function.clone(), number })
    }
}

impl FromStr for FunctionRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains(':') {
            let VersionId { function, number } = text.parse()?;
            Ok(Self { function, number: Some(number) })
        } else {
            Ok(Self { function: text.parse()?, number: None })
        }
    }
}

impl TryFrom<String> for FunctionRef {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<FunctionRef> for String {
    fn from(function: FunctionRef) -> Self {
        function.to_string()
    }
}

impl fmt::Display for FunctionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "{}:{number}", self.function),
            None => write!(f, "{}", self.function),
        }
    }
}
