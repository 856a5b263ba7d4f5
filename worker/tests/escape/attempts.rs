//! All attempts, by name.

mod files;
mod kernel;
mod network;
mod own;
mod processes;

use crate::system_calls::{descriptors, needs};
use crate::{Outcome, Scene};

/// One attempt.
pub struct Attempt {
    /// Its name.
    pub name: &'static str,
    /// Makes it.
    pub attempt: fn(&Scene) -> Outcome,
    /// The expected outcome in a sandbox.
    pub inside: Expected,
    /// True if other layers than seccomp refuse it too.
    pub deep: bool,
    /// True if only a newer kernel's Landlock refuses it too. An older one reports that it cannot.
    pub recent: bool,
    /// Who can do it in a process that is not confined; none if that would do harm, or depends on
    /// the machine.
    pub control: Option<Who>,
}

/// The expected outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It fails with `EPERM`.
    Refused,
    /// The process is killed for it.
    Killed,
    /// It counts something.
    Count(i64),
}

/// Somebody who is not confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Any user.
    Anyone,
    /// Root.
    Root,
}

// === impl Attempt ===

impl Attempt {
    const fn new(name: &'static str, attempt: fn(&Scene) -> Outcome, inside: Expected) -> Self {
        Self { name, attempt, inside, deep: false, recent: false, control: None }
    }

    const fn deep(mut self) -> Self {
        self.deep = true;
        self
    }

    const fn recent(mut self) -> Self {
        self.recent = true;
        self.deep()
    }

    const fn control(mut self, who: Who) -> Self {
        self.control = Some(who);
        self
    }
}

const fn refused(name: &'static str, attempt: fn(&Scene) -> Outcome) -> Attempt {
    Attempt::new(name, attempt, Expected::Refused)
}

const fn killed(name: &'static str, attempt: fn(&Scene) -> Outcome) -> Attempt {
    Attempt::new(name, attempt, Expected::Killed)
}

const fn count(name: &'static str, attempt: fn(&Scene) -> Outcome, is: i64) -> Attempt {
    Attempt::new(name, attempt, Expected::Count(is))
}

const GENERAL: &[Attempt] = &[
    // The socket and the process's own status, besides standard input, output and error.
    count("open_descriptors", |_| descriptors(), 2).control(Who::Anyone),
    count("environment", |_| Outcome::Done(std::env::vars_os().count() as i64), 0),
    // Not an attempt: the calls that user code needs still work.
    count("memory_time_and_randomness", |_| needs(), 0),
];

/// All attempts.
pub fn all() -> impl Iterator<Item = &'static Attempt> {
    let groups =
        [GENERAL, files::FILES, network::NETWORK, processes::PROCESSES, kernel::KERNEL, own::OWN];
    groups.into_iter().flatten()
}
