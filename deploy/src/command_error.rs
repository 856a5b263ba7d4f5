//! Why a command ends with another exit code than 0, and its message.

use std::path::Path;

use brink_shared::admin::AdminError;
use brink_shared::registry::Problem;

/// Exit code of a command that was rejected or failed.
pub const FAILED: u8 = 1;

/// Exit code of wrong usage, the same as `clap`'s.
pub const USAGE: u8 = 2;

/// Why a command did not do what it was asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct CommandError {
    /// The text for people.
    pub text: String,
    /// The error for programs; `None` if the result on standard output has it already.
    pub problem: Option<AdminError>,
    /// The process's exit code.
    pub exit_code: u8,
}

// === impl CommandError ===

impl CommandError {
    /// It was rejected, or failed; the command line itself was well-formed.
    pub fn failed(message: impl ToString) -> Self {
        Self::from(AdminError::new(message.to_string()))
    }

    /// The command line asks for something impossible.
    pub fn usage(message: impl ToString) -> Self {
        Self { exit_code: USAGE, ..Self::failed(message) }
    }

    /// It failed, and the printed result says so.
    pub fn printed(message: impl ToString) -> Self {
        Self { problem: None, ..Self::failed(message) }
    }

    /// A file could not be read.
    pub fn reading(file: &Path, error: impl std::fmt::Display) -> Self {
        Self::failed(format!("cannot read {}: {error}", file.display()))
    }
}

impl From<AdminError> for CommandError {
    fn from(problem: AdminError) -> Self {
        Self { text: problem.to_string(), problem: Some(problem), exit_code: FAILED }
    }
}

impl From<crate::project::ProjectError> for CommandError {
    fn from(error: crate::project::ProjectError) -> Self {
        let problem = |fault: &crate::project::Fault| Problem {
            path: fault.path.clone(),
            message: fault.message.clone(),
        };
        let problems = error.faults.iter().map(problem).collect();
        let message = format!("{} has mistakes", error.file.display());
        let text = error.to_string();
        Self { text, problem: Some(AdminError { message, problems }), exit_code: FAILED }
    }
}

impl From<crate::project::EnclosingError> for CommandError {
    fn from(error: crate::project::EnclosingError) -> Self {
        match error {
            crate::project::EnclosingError::Project(error) => error.into(),
            other => Self::usage(other),
        }
    }
}
