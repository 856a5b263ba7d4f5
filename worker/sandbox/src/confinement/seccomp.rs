//! seccomp: the system calls that a sandbox needs, and no others.
//!
//! A call that is not listed fails with `EPERM`, and does not kill the process, because libraries try
//! calls that they can do without. Code that takes over a sandbox is ended by its limits.
//!
//! The embedded engine and the interpreters have lists of their own.

mod engine;
mod interpreter;
mod rules;

use std::io;

use seccompiler::{BackendError, BpfProgram, SeccompAction, TargetArch};

use brink_shared::confinement::{Layer, LayerStatus};

pub(super) use interpreter::Allowed;

/// Forbids all calls that the embedded engine does not need, in every thread.
pub(super) fn filter() -> io::Result<LayerStatus> {
    apply(|architecture| {
        let forbidden = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        Ok(vec![engine::rules()?.program(SeccompAction::Allow, forbidden, architecture)?])
    })
}

/// Forbids all calls that interpreters do not need.
pub(super) fn filter_interpreter(allowed: &Allowed<'_>) -> io::Result<LayerStatus> {
    apply(|architecture| {
        let forbidden = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
        // The first program allows the call that installs the second one. If both have something
        // against a call, the error of the second one is seen.
        let unknown = interpreter::unknown();
        Ok(vec![
            unknown.program(absent, SeccompAction::Allow, architecture)?,
            interpreter::rules(allowed)?.program(SeccompAction::Allow, forbidden, architecture)?,
        ])
    })
}

fn apply(
    programs: impl FnOnce(TargetArch) -> Result<Vec<BpfProgram>, BackendError>,
) -> io::Result<LayerStatus> {
    let Ok(architecture) = TargetArch::try_from(std::env::consts::ARCH) else {
        let why = format!("there is no list for {}", std::env::consts::ARCH);
        return Ok(LayerStatus::missing(Layer::Seccomp, why));
    };
    for program in programs(architecture).map_err(io::Error::other)? {
        match seccompiler::apply_filter_all_threads(&program) {
            Ok(()) => {}
            Err(seccompiler::Error::Seccomp(error)) => {
                let why = format!("the kernel rejects the filter: {error}");
                return Ok(LayerStatus::missing(Layer::Seccomp, why));
            }
            Err(error) => return Err(io::Error::other(error)),
        }
    }
    Ok(LayerStatus::in_force(Layer::Seccomp))
}
