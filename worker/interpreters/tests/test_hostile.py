"""Functions that fight the bootstrap, and frames in odd shapes, in both languages."""

import json
import os
import struct
import subprocess
import time
import unittest

from supervisor import COMMANDS, Child, FunctionTest


class Hostile(FunctionTest):
    def each(self, node, python, handler=None, **settings):
        """The function in both languages, or in those for which there is code."""
        for language, file, code in (("node", "index.js", node), ("python", "app.py", python)):
            if code is None:
                continue
            with self.subTest(language):
                child = Child(language, {file: code})
                try:
                    seen = child.load(handler or ("index.handler" if language == "node" else "app.handler"), **settings)
                    self.assertEqual(seen[-1][0], "loaded", seen)
                    yield child
                finally:
                    child.close()

    ECHO = ("exports.handler = async (event) => event", "def handler(event, context): return event")

    # Frames

    def test_frames_in_pieces(self):
        for child in self.each(*self.ECHO):
            text = json.dumps([child.invoke_message("a" * 300), child.invoke_message("b")]).encode()
            data = struct.pack(">I", len(text)) + text
            for at in range(0, len(data), 7):
                child.send_bytes(data[at : at + 7])
                if at < 70:
                    time.sleep(0.002)
            self.assertEqual(child.outcome(1)[0].ok, "a" * 300)
            self.assertEqual(child.outcome(2)[0].ok, "b")

    def test_frames_in_one_piece(self):
        for child in self.each(*self.ECHO):
            data = b""
            for number in range(500):
                text = json.dumps([child.invoke_message(number)]).encode()
                data += struct.pack(">I", len(text)) + text
            child.send_bytes(data + struct.pack(">I", 2) + b"[]")
            for number in range(500):
                self.assertEqual(child.outcome(number + 1)[0].ok, number)

    def test_a_huge_batch(self):
        for child in self.each(*self.ECHO):
            child.send(*[child.invoke_message({"at": at}) for at in range(20_000)])
            for at in range(20_000):
                self.assertEqual(child.outcome(at + 1)[0].ok, {"at": at})

    def test_unknown_messages_and_empty_frames(self):
        for child in self.each(*self.ECHO):
            child.send()
            child.send(*[["of", "the", "future"]] * 50_000, child.invoke_message(5), ["more"])
            self.assertEqual(child.outcome(1)[0].ok, 5)

    def test_a_large_event_and_a_large_value(self):
        for child in self.each(*self.ECHO):
            text = "ü" * 10_000_000
            self.assertEqual(child.invoke(text).ok, text)
            self.assertEqual(child.invoke(1).ok, 1)

    def test_a_deep_event(self):
        for child in self.each(*self.ECHO):
            event = json.loads("[" * 400 + "]" * 400)
            self.assertEqual(child.invoke(event).ok, event)

    def test_a_frame_that_is_too_long(self):
        for child in self.each(*self.ECHO):
            child.send_bytes(struct.pack(">I", 0xFFFFFFFF))
            self.assertEqual([m for m in child.rest() if m[0] == "done"], [])
            self.assertNotEqual(child.exit_code(), 0)

    def test_the_supervisor_is_gone(self):
        for child in self.each(
            "setInterval(() => {}, 10); process.on('SIGTERM', () => {}); exports.handler = async () => 1",
            "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\ndef handler(event, context): return 1",
        ):
            self.assertEqual(child.invoke().ok, 1)
            child.socket.close()
            self.assertEqual(child.exit_code(), 0)

    def test_the_supervisor_goes_while_a_handler_logs(self):
        for child in self.each(
            "exports.handler = async () => { for (;;) try { console.log('x') } catch {} }",
            "def handler(event, context):\n  while True:\n    try: print('x')\n    except BaseException: pass",
        ):
            child.send(child.invoke_message())
            child.until("log")
            child.socket.close()
            self.assertEqual(child.exit_code(), 70)

    # The socket

    def test_a_closed_socket(self):
        for child in self.each(
            "exports.handler = async () => { require('fs').closeSync(3); return 1 }",
            "import os\ndef handler(event, context): os.close(3)",
        ):
            child.send(child.invoke_message(), child.invoke_message())
            self.assertEqual([m for m in child.rest() if m[0] == "done"], [])
            self.assertEqual(child.exit_code(), 70)

    def test_a_socket_that_does_not_block(self):
        for child in self.each(
            "exports.handler = async () => { new (require('net').Socket)({ fd: 3 }); return 1 }",
            "import os\ndef handler(event, context): os.set_blocking(3, False)",
        ):
            child.send(child.invoke_message())
            child.rest()
            self.assertEqual(child.exit_code(), 70)

    def test_a_file_in_place_of_the_socket(self):
        for child in self.each(
            "const fs = require('fs'); exports.handler = async () => { fs.closeSync(3); fs.openSync('trap', 'w+'); return 1 }",
            "import os\ndef handler(event, context): os.close(3); os.open('trap', os.O_RDWR | os.O_CREAT)",
        ):
            child.send(child.invoke_message())
            self.assertEqual([m for m in child.rest() if m[0] == "done"], [])
            child.exit_code()

    def test_rubbish_on_the_socket(self):
        for child in self.each(
            "exports.handler = async () => { require('fs').writeSync(3, '\\x00\\x00\\x00\\x04junk'); return 1 }",
            "import os\ndef handler(event, context): os.write(3, b'\\0\\0\\0\\4junk')",
        ):
            child.send(child.invoke_message())
            self.assertEqual(child.message(), ["started", 1])
            with self.assertRaises(ValueError):
                child.message()

    def test_programs_do_not_inherit_the_socket(self):
        for child in self.each(
            """
            const { execSync, spawnSync } = require('child_process');
            exports.handler = async () => [spawnSync('sh', ['-c', 'echo junk >&3']).status !== 0, execSync('echo fine').toString()]""",
            """
            import os, subprocess
            def handler(event, context):
                return [os.system('(echo junk >&3) 2>/dev/null') != 0, subprocess.run(['echo', 'fine'], stdout=-1).stdout.decode()]""",
        ):
            self.assertEqual(child.invoke().ok, [True, "fine\n"])

    def test_forked_processes(self):
        code = """
            import os
            def handler(event, context):
                child = os.fork()
                print('child' if child == 0 else 'parent')
                if child == 0: return 'child'
                os.waitpid(child, 0)
                return 'parent'"""
        for child in self.each(None, code):
            for _ in range(2):
                outcome, logs = child.run()
                self.assertEqual((outcome.ok, logs), ("parent", [("info", "parent")]))
            child.socket.close()
            child.exit_code()
            self.assertEqual(child.pipes[1], b"child\nchild\n")

    # Output

    def test_endless_log(self):
        for child in self.each(
            "exports.handler = async () => { for (;;) console.log('x'.repeat(1000)) }",
            "def handler(event, context):\n  while True: print('x' * 1000)",
        ):
            child.send(child.invoke_message())
            for _ in range(2000):
                self.assertIn(child.message()[0], ("started", "log"))
            # Now nobody reads: the child waits and does not gather.
            time.sleep(0.5)
            self.assertLess(resident_mb(child.process.pid), 200)

    def test_endless_native_output(self):
        for child in self.each(
            "const fs = require('fs'); exports.handler = async () => { const b = Buffer.alloc(1e6); for (let n = 0; n < 200; n++) fs.writeSync(1, b) }",
            "import os\ndef handler(event, context):\n  for n in range(200): os.write(1, bytes(10**6))",
        ):
            self.assertIsNone(child.invoke().ok)

    def test_a_line_without_end(self):
        for child in self.each(
            "exports.handler = async () => { for (let n = 0; n < 2000; n++) process.stdout.write('x'.repeat(1e5)) }",
            "import sys\ndef handler(event, context):\n  for n in range(2000): sys.stdout.write('x' * 10**5)",
        ):
            outcome, logs = child.run()
            self.assertIsNone(outcome.ok)
            self.assertEqual([len(text) for _, text in logs], [65536])

    # Values

    def test_values_longer_than_a_frame(self):
        for child in self.each(
            "exports.handler = async (event) => event ? 'small' : 'x'.repeat(100e6)",
            "def handler(event, context): return 'small' if event else 'x' * 10**8",
        ):
            self.assertEqual(child.invoke().error_type, "Function.ResponseSizeTooLarge")
            self.assertEqual(child.invoke(1).ok, "small")

    def test_values_beyond_all_bounds(self):
        for child in self.each("exports.handler = async (event) => event ? 'small' : Array(5).fill('x'.repeat(200e6))", None):
            self.assertIn("Invalid string length", child.invoke().error["errorMessage"])
            self.assertEqual(child.invoke(1).ok, "small")

    def test_odd_ids_and_texts_stay_within_their_strings(self):
        for child in self.each(
            """console.log(']]"\\\\'); exports.handler = async () => { console.log('"]]],[["done",1,1,"stolen"]'); return '"]]' }""",
            """def handler(event, context):\n  print('"]]],[["done",1,1,"stolen"]')\n  return '"]]'""",
        ):
            outcome, logs = child.run()
            self.assertEqual((outcome.ok, logs), ('"]]', [("info", '"]]],[["done",1,1,"stolen"]')]))

    # Replaced functions

    def test_replaced_functions_of_the_platform(self):
        code = """
            const fs = require('fs');
            const broken = () => { throw new Error('replaced') };
            exports.handler = async (event) => {
              fs.writeSync = fs.readSync = JSON.parse = Date.now = performance.now = globalThis.setImmediate = broken;
              process.reallyExit = process.exit = process.emit = broken;
              return event;
            }"""
        python = """
            import json, os, time, sys
            def broken(*_, **__): raise RuntimeError('replaced')
            def handler(event, context):
                json.dumps = json.loads = time.time = broken
                sys.stdout = sys.stderr = None
                return event"""
        for child in self.each(code, python):
            for number in range(3):
                self.assertEqual(child.invoke(number).ok, number)

    def test_replaced_console_and_streams(self):
        code = """
            const lines = [];
            const log = console.log;
            exports.handler = async () => {
              console.log = (...values) => { lines.push(values.length); log('mine', ...values) };
              console.log(1);
              process.stdout.end(); process.stdout.on('error', () => {}); process.stdout.write('x');
              return lines.length;
            }"""
        for child in self.each(code, None):
            outcome, logs = child.run()
            self.assertEqual((outcome.ok, logs), (1, [("info", "mine 1")]))
            self.assertEqual(child.invoke().ok, 2)

    def test_removed_listeners(self):
        code = """
            exports.handler = (event) => {
              process.removeAllListeners();
              setTimeout(() => { throw new Error('lost') }, 5);
              return new Promise(() => {});
            }"""
        for child in self.each(code, None):
            child.send(child.invoke_message())
            self.assertEqual([m for m in child.rest() if m[0] == "done"], [])
            self.assertEqual(child.exit_code(), 1)

    def test_listeners_of_the_function_do_not_hide_errors(self):
        code = """
            process.on('uncaughtException', () => {}); process.on('unhandledRejection', () => {});
            process.prependListener('exit', () => { throw new Error('in exit') });
            exports.handler = () => { setTimeout(() => { throw new TypeError('lost') }, 5); return new Promise(() => {}) }"""
        for child in self.each(code, None):
            self.assertEqual(child.invoke().error_type, "TypeError")
            child.exit_code()

    def test_worker_threads(self):
        code = """
            const { Worker } = require('worker_threads');
            exports.handler = () => new Promise((done, failed) => {
              const worker = new Worker("console.log('from worker'); require('worker_threads').parentPort.postMessage(7)", { eval: true });
              let value; worker.on('message', (got) => { value = got }); worker.on('exit', () => setTimeout(done, 50, value)); worker.on('error', failed);
            })"""
        for child in self.each(code, None):
            outcome, logs = child.run()
            self.assertEqual((outcome.ok, logs), (7, [("info", "from worker")]))

    def test_signals(self):
        for child in self.each(
            "process.on('SIGTERM', () => console.log('term')); exports.handler = async (event) => { process.kill(process.pid, 'SIGTERM'); await new Promise((done) => setTimeout(done, 50)); return event }",
            "import os, signal\nsignal.signal(15, lambda *_: print('term'))\ndef handler(event, context): os.kill(os.getpid(), 15); return event",
        ):
            outcome, logs = child.run(5)
            self.assertEqual((outcome.ok, logs), (5, [("info", "term")]))

    def test_a_timer_in_python_interrupts_a_wait_without_harm(self):
        code = """
            import signal
            count = 0
            def beat(*_):
                global count
                count += 1
                print('beat')
            signal.signal(signal.SIGALRM, beat)
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            def handler(event, context): return event"""
        for child in self.each(None, code):
            for number in range(50):
                time.sleep(0.005)
                child.send(child.invoke_message(number))
                self.assertEqual(child.until("done")[-1][3], number)


def resident_mb(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Starting(FunctionTest):
    def test_the_first_message(self):
        for language, version in (("node", "nodejs"), ("python", "python")):
            with self.subTest(language):
                child = Child(language, {})
                try:
                    kind, about = child.message()
                    self.assertEqual((kind, about["runtime"]), ("ready", version))
                    self.assertRegex(about["version"], r"^\d+\.\d+")
                    child.socket.close()
                    self.assertEqual(child.exit_code(), 0)
                finally:
                    child.close()

    def test_events_in_the_frame_of_load(self):
        for language, file, code, handler in (
            ("node", "index.js", Hostile.ECHO[0], "index.handler"),
            ("python", "app.py", Hostile.ECHO[1], "app.handler"),
        ):
            with self.subTest(language):
                child = Child(language, {file: code})
                try:
                    child.message()
                    load = {"function": "f", "version": "1", "handler": handler, "memory_mb": 128, "folder": child.folder}
                    child.send(["load", load], child.invoke_message("early"))
                    self.assertEqual(child.outcome(1)[0].ok, "early")
                finally:
                    child.close()

    def test_without_a_socket(self):
        for command in COMMANDS.values():
            with self.subTest(command):
                done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
                self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
