//! Machines that lack a layer of confinement: the kernel refuses the calls that the layer needs.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use brink_shared::confinement::Layer;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Starts this program again, with these arguments, where the kernel refuses a layer's calls.
pub fn start(layer: &str, arguments: &[String]) -> ExitCode {
    let calls: &[i64] = match layer {
        "namespaces" => &[libc::SYS_unshare],
        "root" => &[libc::SYS_mount, libc::SYS_open_tree],
        "landlock" => &[libc::SYS_landlock_create_ruleset],
        "seccomp" => &[libc::SYS_seccomp],
        other => panic!("{other}"),
    };
    let rules = calls.iter().map(|call| (*call, Vec::new())).collect();
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let architecture = TargetArch::try_from(std::env::consts::ARCH).unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, architecture).unwrap();
    seccompiler::apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
    let error = Command::new(std::env::current_exe().unwrap()).args(arguments).exec();
    panic!("{error}")
}

/// The layers that are missing when a machine lacks one.
pub fn missing(layer: Layer) -> &'static [Layer] {
    match layer {
        Layer::Namespaces => &[Layer::Namespaces, Layer::Root],
        Layer::Root => &[Layer::Root],
        Layer::Landlock => &[Layer::Landlock],
        Layer::Seccomp => &[Layer::Seccomp],
        other => panic!("{other}"),
    }
}
