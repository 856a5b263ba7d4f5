"""Our bootstrap beside Lambda's own client for Node.js, aws-lambda-ric.

BRINK_AWS_LAMBDA_RIC names the folder of its package, version 3. Without it there is nothing to compare
with, and these tests are skipped:

    npm pack aws-lambda-ric@3.3.0 && tar xzf aws-lambda-ric-3.3.0.tgz
    BRINK_AWS_LAMBDA_RIC=$PWD/package python3 -m unittest test_aws_lambda_ric
"""

import http.server
import json
import os
import re
import subprocess
import threading
import unittest

import supervisor

OFFICIAL = os.environ.get("BRINK_AWS_LAMBDA_RIC")
TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")
REPORT = re.compile(r"\tERROR\t(Invoke Error|Uncaught Exception|Unhandled Promise Rejection) ")
CASES = []


def case(name, code, *events, **more):
    CASES.append((name, code, list(events), more))


case("promise", "exports.handler = async (event) => event", 1, {"a": "ü"}, None)
case("callback", "exports.handler = (event, context, callback) => { callback(null, event) }", 1, 2)
case("of_context", "exports.handler = (event, context) => { context[event[0]](...event.slice(1)) }",
     ["succeed", 1], ["succeed"], ["done", None, 2], ["fail", "text"], ["fail"], ["done", "e", 1], ["done"])
case("first_counts", """
    exports.handler = (event, context, callback) => {
      for (const name of event) ({ ...context, callback })[name](null, name);
      return Promise.resolve('promise');
    }""", ["done", "callback"], ["callback", "done"], ["succeed", "fail"], [])
case("no_answer", "exports.handler = (event) => { if (event) setTimeout(() => console.log('ran'), event) }", 0, 5)
case("no_promise", "exports.handler = () => 5", 1)
case("callback_waits", """
    exports.handler = (event, context, callback) => {
      context.callbackWaitsForEmptyEventLoop = event;
      const value = { ran: false };
      setTimeout(() => { value.ran = true; console.log('ran') }, 20);
      callback(null, value);
    }""", True, False, True)
case("callback_error_at_once", "exports.handler = (e, c, callback) => { setTimeout(() => {}, 200); callback(new TypeError('now')) }", 1, 2)
case("throws", "exports.handler = (event) => { throw event }", "text", 5, {"a": 1}, [1], True)
case("throws_error", """
    class Own extends Error { constructor(m) { super(m); this.name = 'OwnName'; this.code = 'E' } }
    const inner = () => { throw new Own('a\\nb') };
    exports.handler = () => inner()""", 1, 2)
case("rejects", """
    const wait = () => new Promise((done) => setTimeout(done, 2));
    const inner = async () => { await wait(); throw new RangeError('deep') };
    exports.handler = async (event) => { if (event) await inner(); throw new URIError('own') }""", 0, 1)
# Errors that have no text are left out: the client fails in its own code for them.
case("rejects_others", "exports.handler = (event) => Promise.reject(eval(event))", "undefined", "null", "10n", "''",
     "({ name: 'N', message: 'M', stack: 'S' })", "({ name: 'N', message: '', stack: 'S' })", "new AggregateError([], 'm')",
     "Object.assign(new Error('x'), { name: '' })", "Object.assign(new Error('x'), { stack: 5 })")
case("values", "exports.handler = async (event) => eval(event)", "undefined", "NaN", "[undefined, () => 1]", "new Date(0)",
     "({ toJSON: () => 'own' })", "'\\ud800\\u2028'", "Buffer.from('a')", "new Map()", "({ a: undefined, b: Symbol() })")
case("not_written", "exports.handler = async (event) => eval(event)", "const a = {}; a.a = a; a", "10n", message=False)
case("thenables", "exports.handler = (event) => eval(event)", "({ then(yes) { yes('now') } })", "({ then: 5 })", "({ get then() { throw new TypeError('no') } })")
case("context", """
    exports.handler = async (event, context) => {
      const left = context.getRemainingTimeInMillis();
      return { ...context, keys: Object.keys(context), left: left > 0 && left <= 30000, type: typeof context.clientContext };
    }""", 1, 2)
case("late_answers", """
    let old;
    exports.handler = (event, context, callback) => {
      if (old) { old(null, 'stale'); return setTimeout(callback, 5, null, 'own') }
      old = callback;
    }""", 1, 2)
case("console", """
    console.log('at load');
    exports.handler = async () => {
      console.log('a %d %j', 1, { b: 2 }, [3]); console.info('i'); console.warn('w'); console.error('e'); console.debug('d'); console.trace('t');
      console.fatal('f'); console.log('two\\nlines'); console.log(new Map([[1, { a: { b: { c: 1 } } }]])); console.table([{ a: 1 }]);
      console.count(); console.assert(false, 'no'); console.group('g'); console.log('in'); console.groupEnd(); process.stdout.write('raw\\n');
    }""", 1, 2)
case("console_level", "exports.handler = async () => { for (const m of ['trace', 'debug', 'info', 'log', 'warn', 'error', 'fatal']) console[m](m) }", 1, log_level="ERROR")
case("console_json", """
    exports.handler = async () => {
      console.log('text'); console.log({ a: 1 }); console.log('two', { a: 1 }); console.warn(new TypeError('bad').message, new TypeError('bad').name);
      const c = {}; c.c = c; console.log(c); console.log(5n); console.log('a\\nb'); console.log(undefined); console.log(null);
      const e = new RangeError('r'); e.stack = 'RangeError: r\\n    at x'; e.code = 'E'; console.error(e); console.error('with', e); console.log({ e });
    }""", 1, log_format="json")
case("unhandled", "exports.handler = (event) => { Promise.reject(event); setTimeout(() => {}, 1000) }", "lost", trace=False)
case("unhandled_error", "exports.handler = () => { Promise.reject(new TypeError('lost')); setTimeout(() => {}, 1000) }", 1, trace=False)
case("unhandled_after_answer", "exports.handler = async () => { Promise.reject('lost'); return 1 }", 1, 2, first=1)
case("uncaught", "exports.handler = () => { setTimeout(() => { throw new RangeError('lost') }, 2); return new Promise(() => {}) }", 1)
case("uncaught_while_waiting", "exports.handler = (e, c, callback) => { setTimeout(() => { throw new RangeError('lost') }, 2); callback(null, 1) }", 1)
case("own_listeners", "process.on('unhandledRejection', () => {}); exports.handler = async () => { Promise.reject(1); await new Promise((done) => setTimeout(done, 50)) }", 1, trace=False)
case("order_of_turns", """
    let seen = [];
    exports.handler = async (event) => {
      const was = seen; seen = [];
      await null; setImmediate(() => seen.push('immediate')); process.nextTick(() => seen.push('tick'));
      Promise.resolve().then(() => 0).then(() => 0).then(() => seen.push('promise'));
      setTimeout(() => seen.push('timer'), 10000);
      return was;
    }""", 1, 2, 3)
case("before_exit", """
    let count = 0;
    process.on('beforeExit', () => { count += 1 });
    exports.handler = (event, context, callback) => { callback(null, { count: count }) }""", 1, 2, 3)
case("awslambda", "exports.handler = async () => Object.keys(awslambda).sort()", 1)
case("es_module", "", 1, files={"index.mjs": "export const handler = async () => import.meta.url.endsWith('index.mjs')"}, without="index.js")
case("package_of_modules", "export const handler = async () => typeof require", 1, files={"package.json": '{"type": "module"}'})
case("nested_export", "exports.a = { b: async () => 'deep' }", 1, handler="index.a.b")
case("no_export", "exports.x = 1", 1)
case("no_function", "exports.handler = 5", 1)
case("no_file", "", 1, handler="other.handler", message=False)
case("no_dot", "", 1, handler="index")
case("dots", "", 1, handler="../index.handler")
case("syntax_error", "exports.handler = (;", 1)
case("missing_package", "require('not-there')", 1, message=False)
case("throws_at_load", "const f = () => { throw new TypeError('broken') };\nf()", 1)
case("es_common_mixed", "", 1, files={"index.mjs": "import './other.cjs'; export const handler = async () => globalThis.x", "other.cjs": "globalThis.x = 7"}, without="index.js")


class InitErrors(http.server.BaseHTTPRequestHandler):
    """Takes the reports on functions that cannot be loaded; they do not go through the native part."""

    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(202)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def official(folder, handler, events, more):
    """Outcomes, log and exit code of aws-lambda-ric in this folder."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), InitErrors)
    server.daemon_threads = True
    server.bodies = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    outcomes = folder + ".outcomes"
    with open(folder + ".events", "w") as file:
        json.dump(events, file)
    env = {
        "PATH": os.environ["PATH"], "RIC_EVENTS": folder + ".events", "RIC_OUTCOMES": outcomes,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "greeter", "AWS_LAMBDA_FUNCTION_VERSION": "3", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/greeter", "AWS_LAMBDA_LOG_STREAM_NAME": "greeter/[3]",
        "AWS_LAMBDA_LOG_LEVEL": more.get("log_level", "TRACE"), "AWS_LAMBDA_LOG_FORMAT": more.get("log_format", "text").upper(),
    }
    preload = os.path.join(supervisor.HERE, "aws_lambda_ric.cjs")
    command = [supervisor.COMMANDS["node"][0], "-r", preload, os.path.join(OFFICIAL, "bin", "index.mjs"), handler]
    try:
        done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        told = []
        if os.path.exists(outcomes):
            with open(outcomes) as file:
                told = [json.loads(line) for line in file]
    finally:
        server.shutdown()
        server.server_close()
        for name in (folder + ".events", outcomes):
            if os.path.exists(name):
                os.remove(name)
    # The first line says which handler is run.
    log = done.stdout.decode().split("\n", 1)[1]
    return told + [["rejected", body] for body in server.bodies], log, done.returncode


@unittest.skipUnless(OFFICIAL, "BRINK_AWS_LAMBDA_RIC names no package")
class Comparison(unittest.TestCase):
    maxDiff = None

    def compare(self, code, events, more):
        handler = more.get("handler", "index.handler")
        files = {"index.js": code, **more.get("files", {})}
        files.pop(more.get("without"), None)
        child = supervisor.Child("node", files)
        self.addCleanup(child.close)
        expected, expected_log, expected_code = official(child.folder, handler, events, more)
        messages = child.load(handler, log_format=more.get("log_format", "text"), log_level=more.get("log_level", "TRACE").lower())
        try:
            if messages[-1][0] == "loaded":
                for event in events:
                    child.send(child.invoke_message(event))
                    messages += child.until("done", "failed")
        except (supervisor.Gone, BrokenPipeError):
            pass
        kinds = ("done", "failed", "rejected")
        ours = [self.told(message[0], message[-1], more) for message in messages if message[0] in kinds]
        theirs = [self.told(kind, json.loads(body), more) for kind, body in expected]
        if "first" in more:
            ours, theirs = ours[: more["first"]], theirs[: more["first"]]
        self.assertEqual(ours, theirs)
        log = [message[3] for message in messages if message[0] == "log"]
        if "first" not in more:
            self.assertEqual(TIMES.sub("TIME", "\n".join(log)), TIMES.sub("TIME", self.without_reports(expected_log)))
        if expected_code:
            self.assertEqual(child.exit_code(), expected_code)

    @staticmethod
    def told(kind, body, more):
        """An outcome. Frames of the runtimes are left out."""
        if kind == "done":
            return kind, body
        trace = []
        for line in body.get("trace", []):
            if "aws-lambda-ric" in line or OFFICIAL in line:
                break
            if supervisor.HERE not in line:
                trace.append(line)
        if kind == "rejected" and body["errorType"].startswith("Runtime."):
            # The stack of the cause follows in ours.
            trace = trace[:1]
        elif kind == "rejected":
            # The preloaded file is part of the way on which modules are loaded there.
            trace = [line for line in trace if "node:internal" not in line and "node:diagnostics_channel" not in line]
        message = body["errorMessage"] if more.get("message", True) else body["errorMessage"].split(":")[0].split("\n")[0]
        kept = (kind, body["errorType"] if more.get("message", True) or kind == "rejected" else "", message)
        return (*kept, trace) if more.get("trace", True) and more.get("message", True) else kept

    @staticmethod
    def without_reports(log):
        return "\n".join(line for line in log.rstrip("\n").split("\n") if not REPORT.search(line))


for name, code, events, more in CASES:
    def method(self, code=code, events=events, more=more):
        self.compare(code, events, more)
    setattr(Comparison, f"test_{name}", method)


if __name__ == "__main__":
    unittest.main()
