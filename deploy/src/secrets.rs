//! Values of secrets: from the tool's environment, from files, from standard input.
//!
//! They are never on the command line, where every process of the machine can read them, nor in a
//! project's file. Nothing here prints a value. The text after `--secret` is not repeated either,
//! because it may be a value by mistake.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::path::PathBuf;

use brink_shared::secret::{SECRETS_MAX, SecretError, SecretName, SecretValue, Secrets};
use zeroize::Zeroizing;

/// The sources of the values of secrets.
pub struct SecretSource {
    /// Those that were given by `--secret`.
    given: Secrets,
    environment: HashMap<String, String>,
}

/// Why a secret has no value.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// An option that cannot be read.
    #[error(
        "--secret: {0}; write --secret NAME to take the value of the environment variable NAME, or \
         --secret NAME=@FILE (@- is standard input)"
    )]
    Option(SecretError),
    /// A value on the command line.
    #[error(
        "--secret {0}=...: every process of this machine can read command lines; put the value into \
         the environment variable {0}, or into a file: --secret {0}=@FILE (@- is standard input)"
    )]
    Visible(SecretName),
    /// A file that cannot be read.
    #[error("secret {name}: {}: {source}", file.display())]
    File {
        /// Which secret.
        name: SecretName,
        /// Its file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The text is not a valid value.
    #[error("secret {name}: {source}")]
    Value {
        /// Which secret.
        name: SecretName,
        /// The problem.
        source: SecretError,
    },
    /// No value was found.
    #[error(
        "secret {0} has no value: set the environment variable {0}, or write --secret {0}=@FILE"
    )]
    Missing(SecretName),
}

// === impl SecretSource ===

impl SecretSource {
    /// Reads the files that `--secret` options name.
    pub fn read(
        options: &[String],
        environment: HashMap<String, String>,
    ) -> Result<Self, SourceError> {
        let mut source = Self { given: BTreeMap::new(), environment };
        for option in options {
            let (name, from) =
                option.split_once('=').map_or((option.as_str(), None), |(n, f)| (n, Some(f)));
            let name: SecretName = name.parse().map_err(SourceError::Option)?;
            let value = match from.map(|from| from.strip_prefix('@')) {
                None => source.variable(&name)?,
                Some(None) => return Err(SourceError::Visible(name)),
                Some(Some(file)) => read_file(&name, file)?,
            };
            source.given.insert(name, value);
        }
        Ok(source)
    }

    /// The names that were given.
    pub fn names(&self) -> impl Iterator<Item = &SecretName> {
        self.given.keys()
    }

    /// The values of these secrets. Secrets that were not given are looked up in the environment.
    pub fn values(&self, names: &BTreeSet<SecretName>) -> Result<Secrets, SourceError> {
        let value = |name: &SecretName| match self.given.get(name) {
            Some(value) => Ok(value.clone()),
            None => self.variable(name),
        };
        names.iter().map(|name| Ok((name.clone(), value(name)?))).collect()
    }

    fn variable(&self, name: &SecretName) -> Result<SecretValue, SourceError> {
        let text = self.environment.get(name.as_str());
        let text = text.ok_or_else(|| SourceError::Missing(name.clone()))?;
        value(name, text.clone())
    }
}

/// A file's text without the end of its last line, which editors and `echo` add.
fn read_file(name: &SecretName, file: &str) -> Result<SecretValue, SourceError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let most = SECRETS_MAX as u64 + 2;
    let read = if file == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|source| SourceError::File { name: name.clone(), file: file.into(), source })?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| SourceError::Value { name: name.clone(), source: SecretError::NotText })?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    value(name, line.strip_suffix('\r').unwrap_or(line).to_owned())
}

fn value(name: &SecretName, text: String) -> Result<SecretValue, SourceError> {
    SecretValue::new(text).map_err(|source| SourceError::Value { name: name.clone(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[&str]) -> Result<SecretSource, SourceError> {
        let options: Vec<_> = options.iter().map(|option| (*option).to_owned()).collect();
        let environment = [("A", "from-a"), ("B", "from-b"), ("E", "")];
        let environment = environment.map(|(k, v)| (k.to_owned(), v.to_owned()));
        SecretSource::read(&options, environment.into())
    }

    fn names(names: &[&str]) -> BTreeSet<SecretName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn values_come_from_files_and_else_from_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        std::fs::write(&file, "from\nfile\n").unwrap();
        let source = read(&[&format!("A=@{}", file.display())]).unwrap();
        let values = source.values(&names(&["A", "B"])).unwrap();
        let values: Vec<_> = values.values().map(SecretValue::expose).collect();
        assert_eq!(values, ["from\nfile", "from-b"]);
        assert_eq!(source.names().count(), 1);
    }

    #[test]
    fn a_missing_value_has_a_reason_that_never_repeats_it() {
        for (option, why) in [
            ("NOT", "secret NOT has no value: set the environment variable NOT"),
            ("E", "secret E: the value is empty"),
            ("A=hunter2", "every process of this machine can read command lines"),
            ("hunter2!=@x", "the name of a secret has letters"),
            ("A=@/does/not/exist", "secret A: /does/not/exist: No such file"),
        ] {
            let error = read(&[option]).err().unwrap().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let error = read(&[]).unwrap().values(&names(&["C"])).unwrap_err().to_string();
        assert!(error.contains("--secret C=@FILE"), "{error}");
    }
}
