// Attempts of JavaScript code to get out of its sandbox. The event names an attempt and the targets
// around it. The answer is ["done", what came of it] or ["refused", why].
"use strict";
const childProcess = require("child_process");
const dgram = require("dgram");
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");

const read = (file) => fs.readFileSync(file).length;
const write = (file) => fs.writeFileSync(file, "x");

const connect = (options) =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ ...options, timeout: 5000 });
    socket.on("connect", () => resolve("connected"));
    socket.on("timeout", () => reject(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
    socket.on("error", reject);
  });

const send = (type, port, address) =>
  new Promise((resolve, reject) => {
    const socket = dgram.createSocket(type);
    socket.on("error", reject);
    socket.send("x", port, address, (error, bytes) => {
      socket.close();
      if (error) reject(error);
      else resolve(bytes);
    });
  });

const run = (program, args, options) => {
  const { error, status } = childProcess.spawnSync(program, args, options);
  if (error) throw error;
  return status;
};

const temporary = () => fs.mkdtempSync(path.join(os.tmpdir(), "attempt-"));

const becomeProgram = () => {
  if (!process.execve) throw Object.assign(new Error("absent"), { code: "ENOSYS" });
  return process.execve("/bin/true", ["true"], {});
};

const attempts = {
  // Files.
  read_passwords: () => read("/etc/shadow"),
  read_machine_folder: (s) => fs.readdirSync(s.folder),
  read_machine_file: (s) => read(`${s.folder}/file`),
  read_other_bundle: (s) => read(`${s.other}/task/secret`),
  list_other_sandboxes: (s) => fs.readdirSync(path.dirname(s.other)),
  read_home_of_root: () => read("/root/.bashrc"),
  read_system_settings: () => read("/proc/sys/kernel/core_pattern"),
  read_devices_of_system: () => fs.readdirSync("/sys/class"),
  read_kernel_log: () => fs.openSync("/dev/kmsg"),
  read_memory_of_machine: () => fs.openSync("/dev/mem"),
  open_tun: () => fs.openSync("/dev/net/tun", "r+"),
  write_bundle: () => write("/var/task/written"),
  write_bootstraps: () => write("/opt/brink/written"),
  write_root: () => write("/written"),
  write_libraries: () => write("/usr/lib/written"),
  write_machine_file: (s) => write(`${s.folder}/file`),
  remove_machine_file: (s) => fs.unlinkSync(`${s.folder}/file`),
  make_folder_on_machine: (s) => fs.mkdirSync(`${s.folder}/made`),
  link_to_machine: (s) => {
    const link = path.join(temporary(), "link");
    fs.symlinkSync(s.folder, link);
    return fs.readdirSync(`${link}/.`);
  },
  change_rights: (s) => fs.chmodSync(`${s.folder}/file`, 0o600),
  change_owner: (s) => fs.chownSync(`${s.folder}/file`, process.geteuid(), process.getegid()),
  change_times: (s) => fs.utimesSync(`${s.folder}/file`, 1, 1),
  cut_off: (s) => fs.truncateSync(`${s.folder}/file`),
  change_rights_of_bundle: () => fs.chmodSync(__filename, 0o777),
  change_rights_by_descriptor: () => fs.fchmodSync(fs.openSync(__filename), 0o777),
  change_times_of_bundle: () => fs.utimesSync(__filename, 1, 1),
  // Networks.
  connect_tcp: (s) => connect({ host: "127.0.0.1", port: s.port }),
  connect_tcp6: (s) => connect({ host: "::1", port: s.port }),
  connect_out: () => connect({ host: "192.0.2.1", port: 80 }),
  send_udp: (s) => send("udp4", s.port, "127.0.0.1"),
  connect_socket_file: (s) => connect({ path: `${s.folder}/socket` }),
  connect_abstract: (s) => connect({ path: `\0${s.name}` }),
  // Processes.
  find_parent: (s) => process.kill(s.parent, 0),
  stop_parent: (s) => process.kill(s.parent, "SIGSTOP"),
  kill_victim: (s) => process.kill(s.victim, "SIGKILL"),
  kill_all: () => process.kill(-1, 0),
  // It sends SIGUSR1, which ends other programs than Node.js.
  debug_victim: (s) => process._debugProcess(s.victim),
  environment_of_parent: (s) => read(`/proc/${s.parent}/environ`),
  memory_of_parent: (s) => fs.openSync(`/proc/${s.parent}/mem`, "r+"),
  files_of_parent: (s) => fs.readdirSync(`/proc/${s.parent}/fd`),
  root_of_parent: (s) => fs.readdirSync(`/proc/${s.parent}/root/.`),
  environment_of_victim: (s) => read(`/proc/${s.victim}/environ`),
  root_of_first: () => fs.readdirSync("/proc/1/root/."),
  slow_victim: (s) => os.setPriority(s.victim, 19),
  // Starting processes and programs.
  run_program: () => run("/bin/true"),
  run_shell: () => run("true", [], { shell: true }),
  run_itself: () => run(process.execPath, ["-e", ""]),
  become_program: becomeProgram,
  // Privileges.
  become_root: () => process.setuid(0),
  join_groups: () => process.setgroups([0]),
  // Other parts of the kernel.
  inotify: () => fs.watch("/tmp").close(),
  // Not attempts: what a function may do, and how much of it.
  inherited_descriptors: () =>
    fs.readdirSync("/proc/self/fd").filter((descriptor) => {
      if (Number(descriptor) <= 3) return false;
      try {
        const file = fs.readlinkSync(`/proc/self/fd/${descriptor}`);
        // Its own event loop, and what the bootstrap reads.
        return !/^(anon_inode|pipe|\/proc|\/dev\/null)/.test(file);
      } catch {
        return false;
      }
    }),
  environment: () => Object.keys(process.env).sort(),
  size_of_tmp: () => fs.statfsSync("/tmp").blocks * fs.statfsSync("/tmp").bsize,
};

exports.handler = async (event) => {
  try {
    const done = await attempts[event.attempt](event.scene);
    return ["done", done === undefined ? null : done];
  } catch (error) {
    return ["refused", String(error.code ?? error)];
  }
};
