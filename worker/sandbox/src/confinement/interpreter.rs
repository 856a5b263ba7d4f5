//! How the launcher confines itself before it becomes an interpreter.
//!
//! All layers are in force before the interpreter starts, and so before any code of a function is
//! there. Only one of them differs after the start: the kernel shows the memory of a process that has
//! started a program, so other layers keep others from it.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use brink_frames::Interpreter;
use brink_frames::interpreter::{Descriptors, TMP};
use brink_shared::confinement::{Layer, LayerStatus};

use super::landlock::Right;
use super::machine::Machine;
use super::places::{self, Place, Rights};
use super::resources::CoreFiles;
use super::root::{self, Contents};
use super::seccomp::{self, Allowed};
use super::{
    ConfinementError, descriptors, failed, first_process, landlock, namespaces, network,
    privileges, process, resources,
};

/// A process that has confined itself, and can start one program.
#[derive(Debug)]
pub(crate) struct Confined {
    /// The supervisor's socket. It blocks, and is closed when the program starts.
    pub(crate) socket: UnixStream,
    /// The layers that are in force.
    pub(crate) layers: Vec<LayerStatus>,
    /// The supervisor's means to reach the sandbox.
    pub(crate) descriptors: Descriptors,
    /// The only string with which a program may be started.
    pub(crate) program: CString,
    /// True if the sandbox has a root folder of its own, and so the paths of the sandbox.
    pub(crate) has_root: bool,
}

/// The sandbox's place among others.
struct Surroundings {
    namespaces: LayerStatus,
    root: LayerStatus,
    user: LayerStatus,
    descriptors: Descriptors,
    /// True if a user namespace counts the sandbox's threads.
    own_users: bool,
    with_processes: bool,
}

/// Confines the process, as far as the machine allows. It must have a single thread.
pub(crate) fn confine(spec: &Interpreter) -> Result<Confined, ConfinementError> {
    descriptors::close_inherited().map_err(failed("close what it inherited"))?;
    let socket = descriptors::take_socket()
        .map_err(failed("take the supervisor's socket from standard input"))?;
    socket.set_nonblocking(false).map_err(failed("have its socket block"))?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    process::lead_session().map_err(failed("begin a session"))?;
    resources::limit(CoreFiles::NoProgram).map_err(failed("limit resources"))?;
    let machine = Machine::open().map_err(failed("open /proc"))?;
    let places = places::places(spec);
    let (socket, around) = surround(spec, &machine, &places, socket)?;
    drop(machine);
    if spec.processes == 0 {
        // Other programs would inherit this, and could then not be stopped in the usual way.
        process::outlast_stops().map_err(failed("block signals"))?;
    }
    let has_root = around.root.in_force;
    let has_network = around.namespaces.in_force;
    let landlock = landlock::restrict_to(rights(spec, &places, has_root), has_network)
        .map_err(failed("restrict itself with Landlock"))?;
    privileges::drop_capabilities().map_err(failed("drop capabilities"))?;
    // It comes after the last change of user, which takes it back.
    if around.with_processes {
        process::end_with_creator().map_err(failed("end with the first process"))?;
    } else {
        process::end_with_parent(&socket).map_err(failed("end with its supervisor"))?;
    }
    resources::limit_interpreter(spec.processes, around.own_users)
        .map_err(failed("limit threads and descriptors"))?;
    let path = if has_root { spec.program.clone() } else { spec.on_machine(&spec.program) };
    let program = CString::new(path.as_os_str().as_bytes());
    let program = program.map_err(|error| failed("name its program")(io::Error::other(error)))?;
    let allowed = Allowed {
        program: &program,
        processes: spec.processes > 0,
        bounded: around.with_processes || landlock::bounds_signals(&landlock),
        network: has_network,
        own_root: has_root,
        own_processes: around.with_processes,
        jitless: spec.jitless,
    };
    let seccomp = seccomp::filter_interpreter(&allowed).map_err(failed("filter system calls"))?;
    let Surroundings { namespaces, root, user, descriptors, .. } = around;
    let mut layers = vec![process::in_force(), user, namespaces, root, landlock, seccomp];
    layers.sort_by_key(|status| status.layer);
    Ok(Confined { socket, layers, descriptors, program, has_root })
}

/// Enters namespaces with a network and a root folder, and becomes an ordinary user. Root makes them
/// while it is root, because then it reaches all files of the machine.
fn surround(
    spec: &Interpreter,
    machine: &Machine,
    places: &[Place],
    socket: UnixStream,
) -> Result<(UnixStream, Surroundings), ConfinementError> {
    let leave_root = || privileges::leave_root().map_err(failed("become an ordinary user"));
    let with_processes = spec.processes > 0;
    if privileges::may_mount() && namespaces::enter_as_root(with_processes).is_ok() {
        let socket =
            if with_processes { first_process::start(socket, spec.wait_for_load)? } else { socket };
        let (descriptors, root) = furnish(spec, machine, places)?;
        if !root.in_force {
            make_tmp(&spec.tmp()).map_err(failed("make a folder for temporary files"))?;
        }
        let user = leave_root()?;
        let (own_users, why) = match namespaces::enter_users() {
            Ok(user) => {
                user.keep(machine).map_err(failed("keep its user"))?;
                (true, None)
            }
            Err(error) => (false, Some(format!("cannot make a user namespace: {error}"))),
        };
        let namespaces = LayerStatus { why, ..LayerStatus::in_force(Layer::Namespaces) };
        let around =
            Surroundings { namespaces, root, user, descriptors, own_users, with_processes };
        return Ok((socket, around));
    }
    make_tmp(&spec.tmp()).map_err(failed("make a folder for temporary files"))?;
    let user = leave_root()?;
    match namespaces::enter_as_user(with_processes) {
        Ok(user) => user.keep(machine).map_err(failed("keep its user"))?,
        Err(error) => {
            let why = format!("cannot make a user namespace: {error}");
            let [namespaces, root] =
                [Layer::Namespaces, Layer::Root].map(|layer| LayerStatus::missing(layer, &why));
            let (own_users, with_processes) = (false, false);
            let descriptors = Descriptors::default();
            let around =
                Surroundings { namespaces, root, user, descriptors, own_users, with_processes };
            return Ok((socket, around));
        }
    }
    let socket =
        if with_processes { first_process::start(socket, spec.wait_for_load)? } else { socket };
    let (descriptors, root) = furnish(spec, machine, places)?;
    let namespaces = LayerStatus::in_force(Layer::Namespaces);
    let own_users = true;
    let around = Surroundings { namespaces, root, user, descriptors, own_users, with_processes };
    Ok((socket, around))
}

/// Gives new namespaces their network and their root folder.
fn furnish(
    spec: &Interpreter,
    machine: &Machine,
    places: &[Place],
) -> Result<(Descriptors, LayerStatus), ConfinementError> {
    let mut descriptors = network::set_up(spec, machine).map_err(failed("set up its network"))?;
    let contents = Contents {
        places: places.to_vec(),
        with_processes: spec.processes > 0,
        with_names: descriptors.tun.is_some(),
        executable_tmp: !spec.jitless,
    };
    let root = match root::build(&contents) {
        Ok(tmp) => {
            root::let_go().map_err(failed("let go of the machine's root folder"))?;
            descriptors.tmp = Some(tmp);
            LayerStatus::in_force(Layer::Root)
        }
        Err(error) => {
            LayerStatus::missing(Layer::Root, format!("cannot build a root folder: {error}"))
        }
    };
    Ok((descriptors, root))
}

/// A folder for temporary files on a disk, where there may be no private one.
fn make_tmp(folder: &Path) -> io::Result<()> {
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o1777)),
    }
}

/// The list for Landlock: the same places, by the paths that the process sees.
fn rights(spec: &Interpreter, places: &[Place], has_root: bool) -> Vec<Right> {
    let mut rights: Vec<Right> = places
        .iter()
        .map(|place| {
            let path = if has_root { &place.inside } else { &place.outside };
            (path.clone(), landlock::accesses(place.rights))
        })
        .collect();
    let tmp = if has_root { Path::new(TMP).to_owned() } else { spec.tmp() };
    rights.push((tmp, landlock::everything_but_devices_and_programs()));
    // In the root folder of the sandbox these have files of ours, and what is in `places`. `/proc` has
    // the sandbox's own processes and a few facts.
    let ours: &[&str] = if has_root { &["/etc", "/proc"] } else { &["/proc/self"] };
    rights.extend(ours.iter().map(|path| (path.into(), landlock::accesses(Rights::Read))));
    if has_root {
        rights.push(("/".into(), landlock::names()));
    }
    rights
}
