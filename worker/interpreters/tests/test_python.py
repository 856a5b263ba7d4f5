"""The rules of Lambda's runtime for Python."""

import json
import time
import unittest

from supervisor import FunctionTest, Gone


class PythonTest(FunctionTest):
    language = "python"
    file = "app.py"
    handler = "app.handler"


class Loading(PythonTest):
    def test_a_name_ends_at_the_last_dot(self):
        files = {"lib/deep/mod.py": "def handler(event, context): return __name__"}
        self.assertEqual(self.function(files, "lib/deep/mod.handler").invoke().ok, "lib.deep.mod")
        self.assertEqual(self.function(files, "lib.deep.mod.handler").invoke().ok, "lib.deep.mod")

    def test_names_that_lead_nowhere(self):
        for handler, error_type, message in [
            ("app", "Runtime.MalformedHandlerName", "Bad handler 'app': not enough values to unpack (expected 2, got 1)"),
            ("sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
            ("other.handler", "Runtime.ImportModuleError", "Unable to import module 'other': No module named 'other'"),
            ("app.other", "Runtime.HandlerNotFound", "Handler 'other' missing on module 'app'"),
        ]:
            with self.subTest(handler):
                error, code = self.rejected("x = 1", handler)
                self.assertEqual(error, {"errorType": error_type, "errorMessage": message, "trace": []})
                self.assertEqual(code, 1)

    def test_a_syntax_error(self):
        error, code = self.rejected("x = = 1")
        self.assertEqual(error["errorType"], "Runtime.UserCodeSyntaxError")
        self.assertEqual(error["errorMessage"], "Syntax error in module 'app': invalid syntax (app.py, line 1)")
        self.assertRegex(error["trace"][0], r'^  File ".*/app\.py" Line 1\n    x = = 1$')

    def test_a_module_that_raises(self):
        child = self.start("print('before', end='')\ndef f(): raise KeyError('k')\nf()")
        log, (_, error) = child.load("app.handler")
        self.assertEqual(log, ["log", None, "info", "before"])
        self.assertEqual((error["errorType"], error["errorMessage"]), ("KeyError", "'k'"))
        self.assertRegex(error["trace"][-1], r'^  File ".*/app\.py", line 2, in f\n    def f\(\): raise')
        self.assertNotIn("interpreters", str(error))
        self.assertEqual(child.exit_code(), 1)

    def test_a_module_that_exits(self):
        child = self.start("import sys; print('last', end=''); sys.exit(7)")
        with self.assertRaises(Gone):
            child.load("app.handler")
        self.assertEqual(child.exit_code(), 7)

    def test_surroundings(self):
        code = """
            import os, sys, time
            def handler(event, context):
                return [os.getcwd(), sys.path[:2], os.environ['COLOR'], time.tzname[0], [p for p in sys.path if 'interpreters' in p]]"""
        child = self.function(code, env={"COLOR": "red", "TZ": "Asia/Tokyo", "PYTHONPATH": "/nowhere"})
        self.assertEqual(child.invoke().ok, [child.folder, [child.folder, "/nowhere"], "red", "JST", []])

    def test_the_function_may_use_our_names(self):
        names = ["frames", "logs", "process", "errors", "encoding", "context", "handler", "bootstrap"]
        files = {f"{name}.py": f"X = '{name}'" for name in names}
        files["app.py"] = f"import {', '.join(names)}\ndef run(event, _): return [m.X for m in ({', '.join(names)})]"
        self.assertEqual(self.function(files, "app.run").invoke().ok, names)


class Values(PythonTest):
    def setUp(self):
        self.child = self.function("""
            import collections, decimal, enum, uuid
            Pair = collections.namedtuple('Pair', 'x y')
            class Color(enum.Enum):
                RED = 1
            class Word(str, enum.Enum):
                A = 'a'
            def handler(event, context): return eval(event)""")

    def test_values_are_the_same_after_many_events(self):
        self.test_values()
        self.test_texts_that_are_no_json()
        for number in range(200):
            self.assertEqual(self.child.invoke(str(number)).ok, number)
        self.test_values()
        self.test_texts_that_are_no_json()
        self.test_values_that_cannot_be_written()

    def test_values(self):
        for code, value in [
            ("None", None), ("'ü\U0001f600'", "ü\U0001f600"), ("decimal.Decimal('1.5')", 1.5), ("Pair(1, [Pair(2, 3)])", {"x": 1, "y": [{"x": 2, "y": 3}]}),
            ("(1, 2)", [1, 2]), ("{1: 2, None: 3}", {"1": 2, "null": 3}), ("{'a': b'x'}", {"a": "x"}), ("Word.A", "a"), ("2**70", 2**70),
            ("{'a': None}", {"a": None}), ("'\\ud800'", "\ud800"), ("collections.OrderedDict(b=1)", {"b": 1}),
        ]:
            with self.subTest(code):
                self.assertEqual(self.child.invoke(code).ok, value)

    def test_texts_that_are_no_json(self):
        for code, text in [
            ("float('nan')", "NaN"), ("[float('inf'), None]", "[Infinity, null]"), ("{'a': decimal.Decimal('-NaN')}", '{"a": NaN}'),
            ("b'{\"a\": 1}'", '{"a": 1}'), ("b'plain'", "plain"),
        ]:
            with self.subTest(code):
                outcome = self.child.invoke(code)
                self.assertEqual((outcome.kind, outcome.value), ("text", text))

    def test_values_that_cannot_be_written(self):
        for code, message in [
            ("Color.RED", "Object of type Color is not JSON serializable"), ("uuid.UUID(int=1)", "Object of type UUID is not JSON serializable"),
            ("{1, 2}", "Object of type set is not JSON serializable"), ("{(1,): 2}", "keys must be str, int, float, bool or None, not tuple"),
            ("[a for a in [[]] if not a.append(a)]", "Circular reference detected"),
        ]:
            with self.subTest(code):
                error = self.child.invoke(code).error
                self.assertEqual(error, {"errorType": "Runtime.MarshalError", "errorMessage": f"Unable to marshal response: {message}", "trace": []})
        self.assertEqual(self.child.invoke("b'\\xff'").error_type, "Runtime.MarshalError")

    def test_lone_surrogates_where_json_is_not_ascii(self):
        code = "def handler(event, context): return '\\ud800' if event else 'ü'"
        child = self.function(code, env={"AWS_EXECUTION_ENV": "AWS_Lambda_python3.12"})
        self.assertEqual(child.invoke(1).error_type, "Runtime.MarshalError")
        self.assertEqual(child.invoke(0).ok, "ü")

    def test_a_value_over_the_limit(self):
        child = self.function("def handler(event, context): return 'x' * event", response_max=1000)
        self.assertEqual(child.invoke(998).ok, "x" * 998)
        self.assertEqual(child.invoke(999).error_type, "Function.ResponseSizeTooLarge")

    def test_numbers_of_events(self):
        child = self.function("def handler(event, context): return str(event)")
        self.assertEqual(child.invoke(2**64, exact=True).ok, "18446744073709551616")
        self.assertEqual(child.invoke(2**63).ok, "9223372036854775808")
        self.assertEqual(child.invoke(0.1).ok, "0.1")
        self.assertEqual(child.invoke("\ud800").kind, "done")


class Errors(PythonTest):
    def test_a_traceback(self):
        code = """
            class Own(Exception): pass
            def deep(): raise Own('a', 1)
            def handler(event, context): deep()"""
        error = self.function(code).invoke().error
        self.assertEqual((error["errorType"], error["errorMessage"]), ("Own", "('a', 1)"))
        self.assertEqual(len(error["trace"]), 2)
        self.assertRegex(error["trace"][0], r'^  File ".*/app\.py", line 4, in handler\n    def handler\(event, context\): deep\(\)\n$')

    def test_errors_of_calling(self):
        self.assertEqual(self.function("def handler(event): pass").invoke().error["trace"], [])
        self.assertEqual(self.function("handler = 5").invoke().error["errorMessage"], "'int' object is not callable")

    def test_deep_recursion(self):
        child = self.function("def handler(event, context): return event or handler(event, context)")
        self.assertEqual(child.invoke().error_type, "RecursionError")
        self.assertEqual(child.invoke(1).ok, 1)

    def test_an_error_without_text(self):
        code = """
            class Odd(Exception):
                def __str__(self): raise KeyError(1)
            def handler(event, context): raise Odd()"""
        self.assertEqual(self.function(code).invoke().error_type, "Odd")

    def test_a_huge_error_is_cut(self):
        error = self.function("def handler(event, context): raise type('x' * 10**6, (Exception,), {})('y' * 10**7)").invoke().error
        self.assertLess(len(str(error)), 200_000)

    def test_exits(self):
        for code, wanted in [("sys.exit(0)", 0), ("sys.exit(3)", 3), ("os._exit(4)", 4), ("os.abort()", -6), ("os.kill(os.getpid(), 9)", -9), ("exit()", 0)]:
            with self.subTest(code):
                child = self.function(f"import os, sys\ndef handler(event, context): print('before', end=''); {code}")
                child.send(child.invoke_message(), child.invoke_message())
                seen = child.rest()
                self.assertEqual([m for m in seen if m[0] in ("done", "failed", "text")], [])
                self.assertEqual([m for m in seen if m[1] == 2], [])
                self.assertEqual(child.exit_code(), wanted)


class Context(PythonTest):
    def test_fields(self):
        code = """
            def handler(event, c):
                return [c.aws_request_id, c.function_name, c.function_version, c.memory_limit_in_mb, c.invoked_function_arn, c.log_group_name,
                        c.log_stream_name, c.client_context, c.identity.cognito_identity_id]"""
        self.assertEqual(self.function(code).invoke().ok, [
            "request-1", "greeter", "3", "128", "arn:aws:lambda:us-east-1:000000000000:function:greeter:3", "/aws/lambda/greeter",
            "greeter/[3]", None, None,
        ])

    def test_remaining_time(self):
        child = self.function("def handler(event, context): return context.get_remaining_time_in_millis()", deadline_margin_ms=5000)
        self.assertTrue(20_000 < child.invoke(seconds=60).ok <= 55_000)
        self.assertEqual(child.invoke(seconds=-60).ok, 0)


class Logs(PythonTest):
    def test_order_and_levels(self):
        code = """
            import logging, sys
            log = logging.getLogger()
            log.setLevel(1)
            def handler(event, context):
                print('a', 1); log.info('i'); print('two\\nlines'); log.error('e'); print('err', file=sys.stderr); log.critical('c'); log.debug('d')
                log.warning('w\\nx'); log.log(5, 't'); sys.stdout.buffer.write('ü\\n'.encode()[:1]); sys.stdout.buffer.write('ü\\n'.encode()[1:]); print('rest', end='')"""
        _, logs = self.function(code).run()
        self.assertEqual(logs, [
            ("info", "a 1"), ("info", "i"), ("info", "two"), ("info", "lines"), ("error", "e"), ("error", "err"), ("fatal", "c"), ("debug", "d"),
            ("warn", "w\nx"), ("trace", "t"), ("info", "ü"), ("info", "rest"),
        ])

    def test_the_root_logger_begins_at_warning(self):
        child = self.function("import logging\ndef handler(event, context): logging.info('i'); logging.warning('w')")
        self.assertEqual(child.run()[1], [("warn", "w")])
        child = self.function("import logging\ndef handler(event, context): logging.info('i')", log_level="info")
        self.assertEqual(child.run()[1], [("info", "i")])

    def test_exceptions_are_part_of_the_text(self):
        code = """
            import logging
            def handler(event, context):
                try: 1 / 0
                except ZeroDivisionError: logging.exception('caught')"""
        [(level, text)] = self.function(code).run()[1]
        self.assertEqual((level, text.split("\n")[0], text.split("\n")[-1]), ("error", "caught", "ZeroDivisionError: division by zero"))

    def test_lines_of_lambda(self):
        child = self.function("import logging\ndef handler(event, context): logging.warning('w')", log_format="text")
        [(level, text)] = child.run()[1]
        self.assertRegex(text, r"^\[WARNING\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\trequest-1\tw$")

    def test_json_lines_of_lambda(self):
        child = self.function("import logging\ndef handler(event, context): logging.error('w %s', 1, extra={'user': 'ü'})", log_format="json")
        [(level, text)] = child.run()[1]
        line = json.loads(text)
        self.assertRegex(line.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(line, {"level": "ERROR", "message": "w 1", "logger": "root", "requestId": "request-1", "user": "ü"})

    def test_a_log_message_is_out_before_the_code_after_it(self):
        child = self.function("def handler(event, context):\n  print('last words')\n  while True: pass")
        child.send(child.invoke_message())
        self.assertEqual(child.message(), ["started", 1])
        self.assertEqual(child.message(), ["log", 1, "info", "last words"])

    def test_native_writes_stay_on_the_pipes(self):
        child = self.function("import os\ndef handler(event, context): os.write(1, b'one'); os.write(2, b'two')")
        _, logs = child.run()
        child.socket.close()
        child.exit_code()
        self.assertEqual((logs, child.pipes), ([], {1: b"one", 2: b"two"}))

    def test_streams_as_libraries_use_them(self):
        code = """
            import contextlib, faulthandler, io, logging, multiprocessing, subprocess, sys
            def handler(event, context):
                sys.stdout.reconfigure(line_buffering=True)
                faulthandler.enable()
                own = logging.getLogger('own')
                own.addHandler(logging.StreamHandler())
                own.warning('twice')
                with contextlib.redirect_stdout(io.StringIO()): print('hidden')
                subprocess.run(['echo', 'program'], stdout=sys.stdout, check=True)
                for way in ('fork', 'spawn'):
                    process = multiprocessing.get_context(way).Process(target=print, args=(way,))
                    process.start()
                    process.join()
                return [sys.stdout.isatty(), sys.stdout.encoding, sys.stdout.fileno()]"""
        child = self.function(code)
        outcome, logs = child.run()
        self.assertEqual(outcome.ok, [False, "utf-8", 1])
        self.assertEqual(logs, [("error", "twice"), ("warn", "twice")])
        child.socket.close()
        child.exit_code()
        self.assertEqual(child.pipes[1], b"program\nfork\nspawn\n")

    def test_a_long_text_is_cut(self):
        _, logs = self.function("import sys\ndef handler(event, context): print('x' * 10**7); sys.stdout.write('y' * 10**7); print('more'); print('next')").run()
        self.assertEqual([len(text) for _, text in logs], [65536, 65536, 4])

    def test_a_finalizer_that_logs_does_not_break_frames(self):
        code = """
            import gc
            class Loud:
                def __del__(self): print('gone')
            gc.set_threshold(1, 1, 1)
            def handler(event, context):
                for n in range(300):
                    a = Loud(); a.a = a; del a
                    print(n)
                return 'fine'"""
        outcome, logs = self.function(code).run()
        self.assertEqual(outcome.ok, "fine")
        self.assertEqual([text for _, text in logs if text != "gone" and text.isdigit()], [str(n) for n in range(300)])

    def test_threads_that_log_do_not_break_frames(self):
        code = """
            import threading
            def write(n):
                for at in range(200): print(f'{n}-{at}\\n', end='')
            def handler(event, context):
                threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
                for t in threads: t.start()
                for t in threads: t.join()"""
        _, logs = self.function(code).run()
        self.assertEqual(len(logs), 1600)


class Turns(PythonTest):
    def test_threads_stand_still_between_events(self):
        code = """
            import threading, time
            ticks = 0
            def tick():
                global ticks
                while True:
                    ticks += 1
                    time.sleep(0.001)
            threading.Thread(target=tick, daemon=True).start()
            def handler(event, context): return ticks"""
        child = self.function(code)
        before = child.invoke().ok
        time.sleep(0.5)
        self.assertLess(child.invoke().ok - before, 20)

    def test_an_outcome_waits_for_nothing(self):
        child = self.function("def handler(event, context):\n  while event: pass")
        child.send(child.invoke_message(None), child.invoke_message(1))
        self.assertEqual(child.message(), ["started", 1])
        self.assertEqual(child.message()[:2], ["done", 1])

    def test_a_slow_handler_is_told_of(self):
        child = self.function("import time\ndef handler(event, context):\n  time.sleep(event)")
        for seconds in (0.01, 100):
            child.send(child.invoke_message(seconds))
            self.assertEqual(child.message(), ["started", child.sent])
            if seconds < 1:
                child.until("done")


if __name__ == "__main__":
    unittest.main()
