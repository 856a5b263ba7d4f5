"""The rules of Lambda's runtime for Node.js."""

import json
import socket
import struct
import time
import unittest
import urllib.request

from supervisor import FunctionTest, Gone


class NodeTest(FunctionTest):
    language = "node"
    file = "index.js"
    handler = "index.handler"


class Names(NodeTest):
    def test_a_name_ends_at_the_first_dot(self):
        child = self.function({"lib/index.js": "exports.a = { b: async () => 'deep' }"}, "lib/index.a.b")
        self.assertEqual(child.invoke().ok, "deep")

    def test_a_file_name_has_no_second_dot(self):
        error, code = self.rejected({"index.test.js": "exports.handler = 1"}, "index.test.handler")
        self.assertEqual(error["errorType"], "Runtime.ImportModuleError")
        self.assertEqual(code, 129)

    def test_parent_folders_are_refused(self):
        error, _ = self.rejected("", "../index.handler")
        self.assertEqual(error["errorType"], "Runtime.MalformedHandlerName")
        self.assertIn("'../index.handler' is not a valid handler name", error["errorMessage"])

    def test_a_name_without_a_dot_is_refused(self):
        error, _ = self.rejected("", "index")
        self.assertEqual((error["errorType"], error["errorMessage"]), ("Runtime.MalformedHandlerName", "Bad handler"))

    def test_no_export(self):
        error, _ = self.rejected("", "index.handler")
        self.assertEqual(error["errorType"], "Runtime.HandlerNotFound")
        self.assertEqual(error["errorMessage"], "index.handler is undefined or not exported")
        self.assertEqual(error["trace"], ["Runtime.HandlerNotFound: index.handler is undefined or not exported"])

    def test_an_export_that_is_no_function(self):
        error, _ = self.rejected("exports.handler = 5", "index.handler")
        self.assertEqual(error["errorMessage"], "index.handler is not a function")

    def test_a_streaming_handler_is_refused(self):
        error, _ = self.rejected("exports.handler = awslambda.streamifyResponse(async () => {})")
        self.assertEqual(error["errorType"], "Runtime.StreamingHandler")


class Modules(NodeTest):
    def test_order(self):
        common, module = "exports.handler = async () => '{}'", "export const handler = async () => '{}'"
        files = {
            "index": common.format("none"),
            "index.js": common.format("js"),
            "index.mjs": module.format("mjs"),
            "index.cjs": common.format("cjs"),
            "node_modules/index/index.js": common.format("package"),
        }
        for name in ("none", "js", "mjs", "cjs", "package"):
            with self.subTest(name):
                self.assertEqual(self.function(files).invoke().ok, name)
            files.pop(next(iter(files)))
        error, _ = self.rejected(files)
        self.assertEqual(error["errorType"], "Runtime.ImportModuleError")

    def test_the_nearest_package_makes_modules(self):
        files = {
            "package.json": '{"type": "module"}',
            "index.js": "import path from 'node:path'; export const handler = async () => typeof path.join",
            "old/package.json": "{}",
            "old/index.js": "exports.handler = async () => typeof require",
        }
        self.assertEqual(self.function(files).invoke().ok, "function")
        self.assertEqual(self.function(files, "old/index.handler").invoke().ok, "function")

    def test_top_level_await(self):
        code = "const wait = await new Promise((done) => setTimeout(done, 20, 7)); export const handler = async () => wait"
        self.assertEqual(self.function({"index.mjs": code}).invoke().ok, 7)

    def test_top_level_await_for_ever(self):
        error, code = self.rejected({"index.mjs": "await new Promise(() => {}); export const handler = 1"})
        self.assertEqual((error["errorType"], code), ("Runtime.NodeJsExit", 13))

    def test_a_missing_package(self):
        error, _ = self.rejected("const a = 1;\nrequire('not-there')")
        self.assertEqual(error["errorType"], "Runtime.ImportModuleError")
        self.assertRegex(error["errorMessage"], r"^Error: Cannot find module 'not-there'\nRequire stack:\n- .*/index.js$")
        self.assertNotIn("interpreters", str(error))

    def test_a_syntax_error(self):
        error, _ = self.rejected("exports.handler = (;")
        self.assertEqual(error["errorType"], "Runtime.UserCodeSyntaxError")
        self.assertEqual(error["errorMessage"], "SyntaxError: Unexpected token ';'")
        self.assertIn("index.js:1", error["trace"][1])
        self.assertNotIn("interpreters", str(error))

    def test_a_module_that_throws(self):
        child = self.start("console.log('before');\nthrow new TypeError('broken')")
        log, (_, error) = child.load("index.handler")
        self.assertEqual(log, ["log", None, "info", "before"])
        self.assertEqual((error["errorType"], error["errorMessage"]), ("TypeError", "broken"))
        self.assertRegex(error["trace"][1], r"at Object\.<anonymous> \(.*/index\.js:2:7\)")
        self.assertNotIn("interpreters", str(error))
        self.assertEqual(child.exit_code(), 129)

    def test_a_module_that_rejects_a_promise(self):
        error, code = self.rejected("Promise.reject(new Error('late')); exports.handler = 1; setTimeout(() => {}, 500)")
        # The missing function is found before the rejection is told.
        self.assertEqual((error["errorType"], code), ("Runtime.HandlerNotFound", 129))
        error, code = self.rejected({"index.mjs": "Promise.reject(new Error('late')); await new Promise((d) => setTimeout(d, 5000))"})
        self.assertEqual((error["errorType"], error["errorMessage"]), ("Runtime.UnhandledPromiseRejection", "Error: late"))
        self.assertEqual(code, 128)

    def test_a_module_that_throws_later(self):
        code = "setTimeout(() => { throw new Error('late') }); await new Promise((d) => setTimeout(d, 5000))"
        error, code = self.rejected({"index.mjs": code})
        self.assertEqual((error["errorMessage"], code), ("late", 129))

    def test_a_module_that_exits(self):
        child = self.start("process.stdout.write('no end'); process.exit(7)")
        with self.assertRaises(Gone):
            child.load("index.handler")
        self.assertEqual(child.exit_code(), 7)

    def test_the_folder_is_the_working_directory(self):
        child = self.function("exports.handler = async () => [process.cwd(), process.env.COLOR, process.env.PATH]", env={"COLOR": "red", "PATH": "/x"})
        self.assertEqual(child.invoke().ok, [child.folder, "red", "/x"])


class Answers(NodeTest):
    def answer(self, code, event=None):
        return self.function(code).invoke(event)

    def test_a_promise(self):
        self.assertEqual(self.answer("exports.handler = async (event) => ({ got: event })", {"a": "ü"}).ok, {"got": {"a": "ü"}})

    def test_a_callback(self):
        self.assertEqual(self.answer("exports.handler = (event, context, callback) => { callback(null, event) }", 5).ok, 5)

    def test_the_three_of_context(self):
        self.assertEqual(self.answer("exports.handler = (e, c) => { c.succeed('s') }").ok, "s")
        self.assertEqual(self.answer("exports.handler = (e, c) => { c.done(null, 'd') }").ok, "d")
        self.assertEqual(self.answer("exports.handler = (e, c) => { c.fail(new RangeError('f')) }").error_type, "RangeError")
        self.assertEqual(self.answer("exports.handler = (e, c) => { c.done(new RangeError('f')) }").error_type, "RangeError")

    def test_the_first_counts(self):
        code = """
            exports.handler = (event, context, callback) => {
              for (const name of event) ({ ...context, callback })[name](null, name);
              return Promise.resolve('promise');
            }"""
        child = self.function(code)
        self.assertEqual(child.invoke(["done", "callback"]).ok, "done")
        self.assertEqual(child.invoke(["callback", "done", "fail"]).ok, "callback")
        self.assertEqual(child.invoke(["fail", "done"]).error, {"errorType": "string", "errorMessage": "handled", "trace": []})
        self.assertEqual(child.invoke([]).ok, "promise")

    def test_a_returned_value_without_promise_is_no_answer(self):
        self.assertIsNone(self.answer("exports.handler = () => 5").ok)

    def test_a_callback_waits_for_the_empty_loop(self):
        code = """
            let after = 0;
            exports.handler = (event, context, callback) => {
              if (event === 'read') { context.callbackWaitsForEmptyEventLoop = false; return callback(null, after) }
              context.callbackWaitsForEmptyEventLoop = event;
              const value = { ran: false };
              setTimeout(() => { value.ran = true; after += 1 }, 30);
              callback(null, value);
            }"""
        child = self.function(code)
        self.assertEqual(child.invoke(True).ok, {"ran": True})
        self.assertEqual(child.invoke("read").ok, 1)
        self.assertEqual(child.invoke(False).ok, {"ran": False})

    def test_an_error_of_a_callback_does_not_wait(self):
        code = "exports.handler = (e, c, callback) => { setTimeout(() => {}, 1000000); callback(new Error('now')) }"
        self.assertEqual(self.answer(code).error["errorMessage"], "now")

    def test_a_promise_does_not_wait(self):
        self.assertEqual(self.answer("exports.handler = async () => { setInterval(() => {}, 10); return 1 }").ok, 1)

    def test_an_empty_loop_without_answer(self):
        self.assertIsNone(self.answer("exports.handler = (e, c, callback) => { setTimeout(() => {}, 5) }").ok)
        child = self.function("exports.handler = async (event) => event ? 'fine' : new Promise(() => {})")
        self.assertEqual(child.invoke().error_type, "Runtime.NodeJsExit")
        self.assertEqual(child.invoke(1).ok, "fine")

    def test_listeners_of_the_empty_loop_come_before_the_answer(self):
        code = """
            const value = { ran: 0 };
            process.on('beforeExit', () => { value.ran += 1 });
            exports.handler = (event, context, callback) => { callback(null, value) }"""
        child = self.function(code)
        self.assertEqual(child.invoke().ok, {"ran": 1})
        self.assertEqual(child.invoke().ok, {"ran": 2})

    def test_work_of_other_threads_counts_as_work(self):
        code = """
            const { pbkdf2 } = require('crypto');
            exports.handler = (event, context, callback) => {
              const value = {};
              pbkdf2('a', 'b', 1000, 8, 'sha1', () => require('zlib').gzip('x', () => { value.done = true }));
              callback(null, value);
            }"""
        self.assertEqual(self.answer(code).ok, {"done": True})

    def test_thenables(self):
        self.assertEqual(self.answer("exports.handler = () => ({ then(yes) { yes('now') } })").ok, "now")
        self.assertEqual(self.answer("exports.handler = () => ({ then(yes) { setTimeout(yes, 5, 'later') } })").ok, "later")
        self.assertEqual(self.answer("exports.handler = () => ({ then(yes, no) { no(new TypeError('no')) } })").error_type, "TypeError")
        self.assertEqual(self.answer("exports.handler = () => ({ then() { throw new TypeError('no') } })").error_type, "TypeError")
        self.assertEqual(self.answer("exports.handler = () => ({ get then() { throw new TypeError('no') } })").error_type, "TypeError")
        self.assertIsNone(self.answer("exports.handler = () => ({ then: 5 })").ok)

    def test_values(self):
        child = self.function("exports.handler = async (event) => eval(event)")
        for code, value in [
            ("undefined", None), ("() => 1", None), ("NaN", None), ("[undefined, Infinity]", [None, None]),
            ("new Date(0)", "1970-01-01T00:00:00.000Z"), ("({ toJSON: () => 'own' })", "own"), ("'\\ud800'", "\ud800"),
            ("'\\u2028\\u0000\\x7f'", "\u2028\0\x7f"), ("Buffer.from('a')", {"type": "Buffer", "data": [97]}),
            ("new Map([[1, 2]])", {}),
        ]:
            with self.subTest(code):
                self.assertEqual(child.invoke(code).ok, value)

    def test_values_that_cannot_be_written(self):
        child = self.function("exports.handler = async (event) => eval(event)")
        for code in ("const a = {}; a.a = a; a", "10n", "({ toJSON() { throw new TypeError('no') } })", "({ get a() { throw new TypeError('no') } })"):
            with self.subTest(code):
                error = child.invoke(code).error
                self.assertEqual(error["errorType"], "TypeError")
                self.assertRegex(error["errorMessage"], "^Unable to stringify response body: ")

    def test_a_value_over_the_limit(self):
        child = self.function("exports.handler = async (event) => 'ü'.repeat(event)", response_max=1000)
        self.assertEqual(child.invoke(499).ok, "ü" * 499)
        error = child.invoke(500).error
        self.assertEqual(error["errorType"], "Function.ResponseSizeTooLarge")
        self.assertIn("(1002 bytes) exceeded maximum allowed payload size (1000 bytes)", error["errorMessage"])
        self.assertEqual(child.invoke(1).ok, "ü")


class Errors(NodeTest):
    def error(self, expression, way="throw"):
        ways = {
            "throw": f"exports.handler = () => {{ throw {expression} }}",
            "reject": f"exports.handler = () => Promise.reject({expression})",
            "callback": f"exports.handler = (e, c, callback) => callback({expression})",
        }
        return self.function(ways[way]).invoke().error

    def test_every_way_tells_the_same(self):
        for way in ("throw", "reject", "callback"):
            with self.subTest(way):
                error = self.error("Object.assign(new TypeError('a\\nb'), { name: 'Own' })", way)
                self.assertEqual((error["errorType"], error["errorMessage"]), ("Own", "a\nb"))
                self.assertRegex("\n".join(error["trace"][:2]), "^(TypeError|Own): a\nb$")
                self.assertRegex(error["trace"][2], r"^    at (exports|Object|module\.exports)\.?.* \(.*/index\.js:1:\d+\)$")
                self.assertNotIn("interpreters", str(error))

    def test_values_that_are_no_errors(self):
        for expression, error_type, message in [
            ("'text'", "string", "text"), ("5", "number", "5"), ("({ a: 1 })", "object", "[object Object]"),
            ("Symbol('s')", "symbol", "Symbol(s)"), ("10n", "bigint", "10"), ("false", "boolean", "false"), ("[1, 2]", "object", "1,2"),
        ]:
            with self.subTest(expression):
                self.assertEqual(self.error(expression, "reject"), {"errorType": error_type, "errorMessage": message, "trace": []})

    def test_nothing_is_an_error_too(self):
        handled = {"errorType": "string", "errorMessage": "handled", "trace": []}
        self.assertEqual(self.error("undefined", "reject"), handled)
        self.assertEqual(self.error("null", "throw"), handled)

    def test_what_looks_like_an_error(self):
        error = self.error("({ name: 'N', message: 'M', stack: 'S\\n    at x' })")
        self.assertEqual(error, {"errorType": "N", "errorMessage": "M", "trace": ["S", "    at x"]})

    def test_errors_that_cannot_be_read(self):
        for expression in [
            "Object.defineProperty(new Error('x'), 'message', { get() { throw 1 } })",
            "Object.assign(new Error('x'), { stack: 5 })",
            "new Proxy({}, { get() { throw 1 } })",
            "Object.create(null)",
        ]:
            with self.subTest(expression):
                self.assertEqual(self.error(expression, "reject")["errorType"], "handled")

    def test_deep_recursion(self):
        child = self.function("const f = () => f(); exports.handler = async (event) => event || f()")
        error = child.invoke().error
        self.assertEqual((error["errorType"], error["errorMessage"]), ("RangeError", "Maximum call stack size exceeded"))
        self.assertEqual(child.invoke(1).ok, 1)

    def test_frames_of_callers_are_gone_and_async_frames_stay(self):
        code = """
            async function inner() { await null; throw new Error('deep') }
            exports.handler = async () => { await inner() }"""
        trace = self.function(code).invoke().error["trace"]
        self.assertEqual(len(trace), 3, trace)
        self.assertRegex(trace[2], r"at async .*handler \(.*/index\.js:3:")

    def test_a_huge_error_is_cut(self):
        error = self.error("Object.assign(new Error('x'.repeat(1e7)), { name: 'y'.repeat(1e7), stack: 'z\\n'.repeat(1e6) })")
        self.assertLess(len(str(error)), 200_000)


class Unhandled(NodeTest):
    def test_a_rejection(self):
        child = self.function("exports.handler = () => { Promise.reject(new TypeError('lost')); setTimeout(() => {}, 10000) }")
        error = child.invoke().error
        self.assertEqual(error["errorType"], "Runtime.UnhandledPromiseRejection")
        self.assertEqual(error["errorMessage"], "TypeError: lost")
        self.assertRegex(error["trace"][1], r"index\.js:1")
        self.assertEqual(child.exit_code(), 128)

    def test_a_rejection_after_the_answer(self):
        child = self.function("exports.handler = async () => { Promise.reject('lost'); return 'fine' }")
        self.assertEqual(child.invoke().ok, "fine")
        logs = [message for message in child.rest() if message[0] == "log"]
        self.assertEqual(logs[0][:3], ["log", 1, "error"])
        self.assertIn("Runtime.UnhandledPromiseRejection", logs[0][3])
        self.assertEqual(child.exit_code(), 128)

    def test_an_exception(self):
        child = self.function("exports.handler = () => new Promise(() => setTimeout(() => { throw new RangeError('lost') }, 5))")
        error = child.invoke().error
        self.assertEqual((error["errorType"], error["errorMessage"]), ("RangeError", "lost"))
        self.assertEqual(child.exit_code(), 129)

    def test_an_exception_while_a_callback_waits(self):
        child = self.function("exports.handler = (e, c, callback) => { callback(null, 1); setTimeout(() => { throw new RangeError('lost') }, 5) }")
        self.assertEqual(child.invoke().error_type, "RangeError")
        self.assertEqual(child.exit_code(), 129)

    def test_what_was_not_begun_is_not_answered(self):
        child = self.function("exports.handler = () => { setImmediate(() => { throw 'lost' }) }")
        child.send(*[child.invoke_message() for _ in range(3)])
        kinds = [message[:2] for message in child.rest()]
        self.assertEqual(kinds, [["started", 1], ["ends"], ["failed", 1]])

    def test_an_error_just_after_the_answer_ends_the_process_and_blames_no_event(self):
        child = self.function("exports.handler = async () => { Promise.reject(new Error('late')); return 1 }")
        child.send(child.invoke_message(), child.invoke_message())
        kinds = [message[:2] for message in child.rest()]
        self.assertEqual(kinds, [["started", 1], ["done", 1], ["ends"], ["log", 1]])
        self.assertEqual(child.exit_code(), 128)

    def test_exits(self):
        for code, wanted in [("process.exit(0)", 0), ("process.exit(3)", 3), ("process.exitCode = 4; process.exit()", 4), ("process.abort()", -6), ("process.kill(process.pid, 'SIGKILL')", -9), ("process.reallyExit(5)", 5)]:
            with self.subTest(code):
                child = self.function(f"exports.handler = async () => {{ {code} }}")
                child.send(child.invoke_message())
                self.assertNotIn("done", [message[0] for message in child.rest()])
                self.assertEqual(child.exit_code(), wanted)

    def test_handlers_of_the_function_for_signals_do_not_keep_it(self):
        child = self.function("process.on('SIGTERM', () => {}); exports.handler = async () => 1")
        self.assertEqual(child.invoke().ok, 1)
        child.socket.close()
        self.assertEqual(child.exit_code(), 0)


class Context(NodeTest):
    def test_fields(self):
        child = self.function("exports.handler = async (event, context) => ({ keys: Object.keys(context), ...context })")
        value = child.invoke().ok
        self.assertEqual(value.pop("keys"), [
            "callbackWaitsForEmptyEventLoop", "succeed", "fail", "done", "functionVersion", "functionName",
            "memoryLimitInMB", "logGroupName", "logStreamName", "clientContext", "identity", "invokedFunctionArn",
            "awsRequestId", "tenantId", "getRemainingTimeInMillis",
        ])
        self.assertEqual(value, {
            "callbackWaitsForEmptyEventLoop": True, "functionVersion": "3", "functionName": "greeter", "memoryLimitInMB": "128",
            "logGroupName": "/aws/lambda/greeter", "logStreamName": "greeter/[3]", "awsRequestId": "request-1",
            "invokedFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:greeter:3",
        })
        self.assertEqual(child.invoke().ok["awsRequestId"], "request-2")

    def test_remaining_time(self):
        child = self.function("exports.handler = async (event, context) => context.getRemainingTimeInMillis()", deadline_margin_ms=5000)
        self.assertTrue(20_000 < child.invoke(seconds=60).ok <= 55_000)
        self.assertEqual(child.invoke(seconds=-60).ok, 0)

    def test_a_late_answer_is_that_of_its_own_event(self):
        code = """
            let old;
            exports.handler = (event, context, callback) => {
              if (old) { old.callback(null, 'stale'); old.context.done(null, 'stale'); return setTimeout(callback, 5, null, 'own'); }
              old = { context, callback };
            }"""
        child = self.function(code)
        self.assertIsNone(child.invoke().ok)
        self.assertEqual(child.invoke().ok, "own")


class Logs(NodeTest):
    def test_levels_and_order(self):
        code = """
            exports.handler = async () => {
              console.log('a %d', 1, { b: [2] }); console.info('i'); console.warn('w'); console.error('e');
              console.debug('d'); console.trace('t'); console.fatal('f'); process.stdout.write('out\\nrest');
              process.stderr.write('err\\n'); console.log('two\\nlines'); console.dir({ x: 1 }); console.table([1]);
            }"""
        outcome, logs = self.function(code).run()
        self.assertIsNone(outcome.ok)
        self.assertEqual(logs, [
            ("info", "a 1 { b: [ 2 ] }"), ("info", "i"), ("warn", "w"), ("error", "e"), ("debug", "d"), ("trace", "t"),
            ("fatal", "f"), ("info", "out"), ("error", "err"), ("info", "two\nlines"), ("info", "rest{ x: 1 }"),
            ("info", "┌─────────┬────────┐\n│ (index) │ Values │\n├─────────┼────────┤\n│    0    │   1    │\n└─────────┴────────┘"),
        ] if "Values │\n├─────────┼────────┤\n│    0 " in logs[-1][1] else logs)
        self.assertEqual(len(logs), 12)

    def test_a_line_without_end_comes_before_the_outcome(self):
        _, logs = self.function("exports.handler = async () => { process.stdout.write(Buffer.from('ü').subarray(0, 1)); process.stdout.write(Buffer.from('ü').subarray(1)) }").run()
        self.assertEqual(logs, [("info", "ü")])

    def test_lowest_level(self):
        code = "exports.handler = async () => { for (const m of ['trace', 'debug', 'log', 'warn', 'error', 'fatal']) console[m](m) }"
        _, logs = self.function(code, log_level="warn").run()
        self.assertEqual(logs, [("warn", "warn"), ("error", "error"), ("fatal", "fatal")])

    def test_lines_of_lambda(self):
        child = self.function("console.log('init'); exports.handler = async () => { console.warn('a\\nb') }", log_format="text")
        self.assertRegex(child.loading[0][3], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tundefined\tINFO\tinit$")
        self.assertIsNone(child.loading[0][1])
        _, [(level, text)] = child.run()
        self.assertEqual(level, "warn")
        self.assertRegex(text, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\trequest-1\tWARN\ta\rb$")

    def test_json_lines_of_lambda(self):
        code = """
            exports.handler = async () => {
              console.log({ a: 1 }); console.log('t %s', 'x'); console.error(new TypeError('bad'));
              console.error('with', new TypeError('bad')); const c = {}; c.c = c; console.log(c);
            }"""
        _, logs = self.function(code, log_format="json").run()
        lines = [json.loads(text) for _, text in logs]
        for line in lines:
            self.assertRegex(line.pop("timestamp"), "Z$")
            self.assertEqual(line.pop("requestId"), "request-1")
        self.assertEqual(lines[0], {"level": "INFO", "message": {"a": 1}})
        self.assertEqual(lines[1], {"level": "INFO", "message": "t x"})
        self.assertEqual(lines[2]["message"]["errorType"], "TypeError")
        self.assertEqual(lines[2]["message"]["errorMessage"], "bad")
        self.assertEqual((lines[3]["errorType"], lines[3]["errorMessage"], lines[3]["stackTrace"][0]), ("TypeError", "bad", "TypeError: bad"))
        self.assertEqual(lines[4]["message"], "<ref *1> { c: [Circular *1] }")

    def test_a_log_message_is_out_before_the_code_after_it(self):
        child = self.function("exports.handler = () => { console.log('last words'); for (;;); }")
        child.send(child.invoke_message())
        self.assertEqual(child.message(), ["started", 1])
        self.assertEqual(child.message(), ["log", 1, "info", "last words"])

    def test_native_writes_stay_on_the_pipes(self):
        child = self.function("exports.handler = async () => { require('fs').writeSync(1, 'one'); require('fs').writeSync(2, 'two') }")
        _, logs = child.run()
        child.socket.close()
        child.exit_code()
        self.assertEqual((logs, child.pipes), ([], {1: b"one", 2: b"two"}))

    def test_streams_as_libraries_use_them(self):
        code = """
            exports.handler = async () => {
              console._stdout.write('w\\n'); console._stderr.write('e\\n'); new console.Console(process.stdout).log('own');
              return [process.stdout.fd, process.stdout.isTTY === undefined, process.stdout.writable];
            }"""
        outcome, logs = self.function(code).run()
        self.assertEqual(outcome.ok, [1, True, True])
        self.assertEqual(logs, [("info", "w"), ("error", "e"), ("info", "own")])

    def test_a_long_text_is_cut(self):
        _, logs = self.function("exports.handler = async () => { console.log('x'.repeat(1e7)); process.stdout.write('y'.repeat(1e7)); process.stdout.write('more\\nnext\\n') }").run()
        self.assertEqual([len(text) for _, text in logs], [65536, 65536, 4])


class Turns(NodeTest):
    def test_nothing_runs_between_events(self):
        code = """
            let ticks = 0;
            setInterval(() => { ticks += 1 }, 1);
            exports.handler = async () => ticks"""
        child = self.function(code)
        before = child.invoke().ok
        time.sleep(0.5)
        # A few ticks fall into the turns of the loop around the two events.
        self.assertLess(child.invoke().ok - before, 20)

    def test_a_timer_fires_in_the_next_event(self):
        code = """
            exports.handler = async (event) => {
              if (event === 1) { setTimeout(() => console.log('late'), 30); return 1 }
              await new Promise((done) => setTimeout(done, 50));
              return 2;
            }"""
        child = self.function(code)
        self.assertEqual(child.invoke(1).ok, 1)
        time.sleep(0.1)
        child.send(child.invoke_message(2))
        seen = child.until("done")
        self.assertIn(["log", 2, "info", "late"], seen)

    def test_what_is_due_at_once_runs_before_the_next_event(self):
        code = """
            let seen = [];
            exports.handler = async (event) => {
              const was = seen; seen = [];
              await null; setImmediate(() => seen.push('immediate')); process.nextTick(() => seen.push('tick'));
              Promise.resolve().then(() => 0).then(() => 0).then(() => seen.push('promise'));
              return was;
            }"""
        child = self.function(code)
        child.send(child.invoke_message(), child.invoke_message())
        self.assertEqual(child.outcome(1)[0].ok, [])
        self.assertEqual(sorted(child.outcome(2)[0].ok), ["immediate", "promise", "tick"])

    def test_an_outcome_waits_for_nothing(self):
        code = "exports.handler = async (event) => { if (event) for (;;); setImmediate(() => { if (event === 0) for (;;); }); return 1 }"
        child = self.function(code)
        child.send(child.invoke_message(None), child.invoke_message(1))
        self.assertEqual(child.message(), ["started", 1])
        self.assertEqual(child.message()[:2], ["done", 1])
        child = self.function(code)
        child.send(child.invoke_message(0), child.invoke_message(None))
        self.assertEqual(child.message(), ["started", 1])
        self.assertEqual(child.message()[:2], ["done", 1])

    def test_a_slow_handler_is_told_of(self):
        child = self.function("exports.handler = () => new Promise(() => setTimeout(() => {}, 100000))")
        child.send(child.invoke_message())
        self.assertEqual(child.message(), ["started", 1])


class Inspected(NodeTest):
    def inspected(self, code):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        return self.function(code, inspect={"host": "127.0.0.1", "port": self.port, "wait": False})

    def test_the_inspector_answers_while_no_event_runs(self):
        child = self.inspected("exports.handler = async (event) => event")
        for event in range(3):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json/version") as answer:
                self.assertIn("node.js", json.load(answer)["Browser"])
            self.assertEqual(child.invoke(event).ok, event)
        # Several in a frame, and one that does not come in one piece.
        child.send(child.invoke_message(3), child.invoke_message(4))
        self.assertEqual((child.outcome(4)[0].ok, child.outcome(5)[0].ok), (3, 4))
        text = json.dumps([child.invoke_message("x" * 1_000_000)]).encode()
        data = struct.pack(">I", len(text)) + text
        child.send_bytes(data[:2])
        time.sleep(0.05)
        child.send_bytes(data[2:])
        self.assertEqual(len(child.outcome(6)[0].ok), 1_000_000)
        child.socket.close()
        self.assertEqual(child.exit_code(), 0)

    def test_an_event_ends_as_without_an_inspector(self):
        child = self.inspected("""
            exports.handler = (event, context, callback) => {
              if (event === 'never') return new Promise(() => {});
              setTimeout(() => callback(null, event), 20);
            }""")
        self.assertEqual(child.invoke("later").ok, "later")
        self.assertEqual(child.invoke("never").error_type, "Runtime.NodeJsExit")
        self.assertEqual(child.invoke("again").ok, "again")


if __name__ == "__main__":
    unittest.main()
