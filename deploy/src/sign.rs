//! `brink sign`: a signed URL, or signed cookies, for private content (`contract.md` 7.17).
//!
//! The policies and their texts are those of the AWS tools, so the signatures are the same.

mod private_key;

use brink_shared::private_content::{
    Cookie, HashAlgorithm, Parameter, Policy, canned_policy, encode,
};
use serde_json::json;

use crate::args::{Global, SignArgs};
use crate::command_error::CommandError;
use crate::printing::{self, Output};
use private_key::PrivateKey;

/// Runs `brink sign`.
pub fn command(global: &Global, args: &SignArgs) -> Result<(), CommandError> {
    let url = checked_url(&args.url)?;
    let key = PrivateKey::read(&args.private_key)?;
    let policy = SignedPolicy::of(args, url)?;
    let signature = key.sign(args.hash, policy.text().as_bytes());
    let signature = signature.map_err(CommandError::failed)?;
    let parameters = policy.parameters(&signature, args);
    let printed = if args.cookies {
        let cookies = parameters.iter().map(|(name, value)| (Cookie(*name).name(), value));
        match global.output {
            Output::Json => {
                let cookies: serde_json::Map<_, _> =
                    cookies.map(|(name, value)| (name, json!(value))).collect();
                printing::json(&json!({ "cookies": cookies }))
            }
            Output::Text => {
                let lines: Vec<_> =
                    cookies.map(|(name, value)| format!("{name}={value}")).collect();
                printing::line(lines.join("\n"))
            }
        }
    } else {
        let signed = signed_url(url, &parameters);
        printing::done(global.output, &json!({ "url": signed }), &signed)
    };
    printed.map_err(CommandError::failed)
}

/// A policy before it is signed.
enum SignedPolicy {
    /// The end, in seconds since 1970, and the text that is signed.
    Canned { ends: u64, text: String },
    /// The text, which viewers send too.
    Custom(String),
}

// === impl SignedPolicy ===

impl SignedPolicy {
    fn of(args: &SignArgs, url: &str) -> Result<Self, CommandError> {
        if let Some(file) = &args.policy {
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| CommandError::reading(file, error))?;
            Policy::parse(text.as_bytes())
                .map_err(|error| CommandError::failed(format!("{}: {error}", file.display())))?;
            return Ok(Self::Custom(text));
        }
        let ends = args.expires.ok_or_else(|| CommandError::usage("--expires is missing"))?;
        let is_pattern = args.resource.is_none() && url.contains('*');
        if is_pattern && !args.cookies {
            return Err(CommandError::usage(
                "a URL with * in it is a pattern: write the URL of one file, and the pattern as \
                 --resource",
            ));
        }
        let is_custom = args.starts.is_some() || args.ip.is_some() || args.resource.is_some();
        if is_custom || is_pattern {
            let resource = args.resource.as_deref().unwrap_or(url);
            return Ok(Self::Custom(custom_policy(resource, ends, args)));
        }
        let text = canned_policy(url, &ends.to_string());
        let text = text.ok_or_else(|| CommandError::usage(BAD_URL))?;
        Ok(Self::Canned { ends, text })
    }

    fn text(&self) -> &str {
        match self {
            Self::Canned { text, .. } | Self::Custom(text) => text,
        }
    }

    /// The parameters of a signed URL, in the order in which the AWS tools write them.
    fn parameters(&self, signature: &[u8], args: &SignArgs) -> Vec<(Parameter, String)> {
        let policy = match self {
            Self::Canned { ends, .. } => (Parameter::Expires, ends.to_string()),
            Self::Custom(text) => (Parameter::Policy, encode(text.as_bytes())),
        };
        let mut parameters = vec![
            policy,
            (Parameter::Signature, encode(signature)),
            (Parameter::KeyPairId, args.key_pair_id.clone()),
        ];
        if args.hash != HashAlgorithm::default() {
            parameters.push((Parameter::HashAlgorithm, args.hash.as_str().to_owned()));
        }
        parameters
    }
}

const BAD_URL: &str = "the URL must begin with http:// or https://, and have no white space, no \
                       quotes, no # and no characters beyond ASCII; write %20 for a space";

/// A URL that can be signed: other forms would not be what viewers send.
fn checked_url(url: &str) -> Result<&str, CommandError> {
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\#".contains(&byte));
    let rest = url.strip_prefix("http").map(|rest| rest.trim_start_matches(['s', '*']));
    if !is_plain || !rest.is_some_and(|rest| rest.starts_with("://")) {
        return Err(CommandError::usage(BAD_URL));
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    if brink_shared::private_content::unsigned_query(query) != query {
        let message = "the URL has a parameter of a signature already, such as Expires";
        return Err(CommandError::usage(message));
    }
    Ok(url)
}

/// The text of a custom policy, without white space, in the AWS tools' order of conditions.
fn custom_policy(resource: &str, ends: u64, args: &SignArgs) -> String {
    let resource = json!(resource);
    let time = |seconds: u64| format!("{{\"AWS:EpochTime\":{seconds}}}");
    let mut conditions = vec![format!("\"DateLessThan\":{}", time(ends))];
    if let Some(network) = args.ip {
        conditions.push(format!("\"IpAddress\":{{\"AWS:SourceIp\":\"{network}\"}}"));
    }
    if let Some(begins) = args.starts {
        conditions.push(format!("\"DateGreaterThan\":{}", time(begins)));
    }
    let conditions = conditions.join(",");
    format!("{{\"Statement\":[{{\"Resource\":{resource},\"Condition\":{{{conditions}}}}}]}}")
}

fn signed_url(url: &str, parameters: &[(Parameter, String)]) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    let parameters: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={value}", name.as_str())).collect();
    format!("{url}{separator}{}", parameters.join("&"))
}
