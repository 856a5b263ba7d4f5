"""Functions in Python on which our bootstrap and awslambdaric must agree.

A case is a name, the code of app.py, and the events of app.handler; `more` may name other files, the
handler, environment variables and the kind of the log. `log=False` says that the logs differ: a warning
in them names a line of the bootstrap, or an error report in them cannot be told from other lines.
"""

CASES = []


def case(name, code, *events, **more):
    CASES.append((name, code, list(events), more))


# Values

case("echo", "def handler(event, context): return event", None, 1, "ü", [1.5, {"a": None}], {"a": {"b": "\U0001f600"}})
case("decimals", """
    from decimal import Decimal
    def handler(event, context):
        return {'a': Decimal('1.10'), 'b': [Decimal('1E+2'), Decimal('-0')], 'c': Decimal('123456789012345678901234567890.5')}
    """, None)
case("decimal_nan", """
    from decimal import Decimal
    def handler(event, context): return {'a': Decimal(event)}
    """, "NaN", "-NaN", "sNaN", "Infinity", "-Infinity")
case("floats", "def handler(event, context): return eval(event)", "float('nan')", "[float('inf'), -float('inf')]", "{'x': None, 'y': float('nan')}",
     "1e16", "1e-7", "-0.0", "0.1 + 0.2", "5e-324", "1.7976931348623157e308", "123456789012345678901234567890", "-2**63", "2**64", "{'a': None}")
case("named_tuples", """
    from collections import namedtuple
    from typing import NamedTuple
    P = namedtuple('P', 'x y')
    class Q(NamedTuple):
        a: int
        b: str = 'd'
    def handler(event, context): return [P(1, P(2, 3)), Q(4), (1, 2)]
    """, None)
case("bytes", "def handler(event, context): return eval(event)", "b'{\"a\": 1}'", "b'plain'", "b''", "{'a': b'x'}", "{b'k': b'\\xc3\\xbc'}", "bytearray(b'x')", "[b'\\xff']")
case("keys", "def handler(event, context): return eval(event)", "{1: 2}", "{None: 1, True: 2}", "{False: 2, 1.5: 3}", "{(1, 2): 3}", "{float('nan'): 1}", "{'': ''}")
case("unknown_types", """
    import collections, datetime, uuid, enum, dataclasses
    class Color(enum.Enum):
        RED = 1
    class Number(enum.IntEnum):
        ONE = 1
    class Word(str, enum.Enum):
        A = 'a'
    @dataclasses.dataclass
    class Point:
        x: int = 1
    class Plain: pass
    class Dict(dict): pass
    class Text(str): pass
    class Int(int):
        def __repr__(self): return 'odd'
    class AsDict:
        def _asdict(self): return {'as': 'dict'}
    def handler(event, context): return eval(event)
    """, "datetime.datetime(2020, 1, 1)", "datetime.date(2020, 1, 1)", "uuid.UUID(int=1)", "Color.RED", "Number.ONE", "[Word.A]", "Point()", "Plain()",
     "Dict(a=1)", "[Text('t')]", "Int(5)", "AsDict()", "{1, 2}", "frozenset()", "1j", "range(3)", "(x for x in [1])", "iter([1])", "...",
     "collections.OrderedDict(b=1, a=2)", "collections.Counter('aab')", "collections.deque([1])", "lambda: 1", "type", "handler", "memoryview(b'x')")
case("circles", """
    def handler(event, context):
        a = {}; a['a'] = a
        b = []; b.append(b)
        shared = [1]
        return {'a': a, 'b': b, 'shared': [shared, shared]}[event]
    """, "a", "b", "shared")
case("texts", "def handler(event, context): return eval(event)", "'\\u2028\\u0000\\x7f\\x1f\\\\\"/'", "'ü€\U0001f600'", "'\\ud83d\\ude00'", "'\\ud800'", "'a' * 100000")
case("texts_of_312", "def handler(event, context): return eval(event)", "'ü€\U0001f600'", "{'ü': 'ü'}", env={"AWS_EXECUTION_ENV": "AWS_Lambda_python3.12"})
case("a_coroutine", "async def handler(event, context): return 1", None, log=False)
case("no_value", "def handler(event, context): pass", None)
case("many_digits", "def handler(event, context): return [event, type(event).__name__]", 18446744073709551616, -9223372036854775809, 1.5, 10, exact=True)

# Errors

case("raises", """
    class Own(Exception): pass
    def deep(n):
        if n: return deep(n - 1)
        raise Own('ü', 2)
    def handler(event, context):
        return deep(event)
    """, 0, 3)
case("raises_builtin", "def handler(event, context): return eval(event)", "1/0", "{}['a']", "[][1]", "int('x')", "nothing", "None.x", "open('/nowhere')", "'x' + 1")
case("raises_from", """
    def handler(event, context):
        try:
            1 / 0
        except ZeroDivisionError as e:
            raise ValueError('outer') from e
    """, None)
case("raises_empty", """
    def handler(event, context): raise ValueError()
    """, None)
case("raises_multiline", """
    def handler(event, context): raise ValueError('a\\nb\\n')
    """, None, log=False)
case("raises_in_library", """
    import json
    def handler(event, context): return json.loads('{')
    """, None)
case("raises_in_repr", """
    class Odd:
        def __getattr__(self, name): raise RuntimeError('no ' + name)
    def handler(event, context): return Odd()
    """, None)
case("wrong_arguments", "def handler(event): return event", None)
case("unicode_error", "def handler(event, context): return b'\\xff'.decode()", None)
case("exception_group", """
    def handler(event, context): raise Exception('group', [ValueError(1)])
    """, None)
case("goes_on_after_errors", """
    count = 0
    def handler(event, context):
        global count
        count += 1
        if count % 2: raise KeyError(count)
        return count
    """, 1, 2, 3, 4)

# Loading

case("missing_module", "import not_there\ndef handler(event, context): pass", None)
case("missing_file", "", None, handler="other.handler")
case("missing_function", "x = 1", None, handler="app.handler")
case("no_dot", "x = 1", None, handler="app")
case("empty_name", "x = 1", None, handler=".handler")
case("builtin", "x = 1", None, handler="sys.exit")
case("folders", "", 1, handler="lib/deep/mod.handler", files={"lib/deep/mod.py": "def handler(event, context): return __name__"})
case("dots", "", 1, handler="lib.deep.mod.handler", files={"lib/deep/mod.py": "def handler(event, context): return __name__"})
case("syntax_error", "def handler(event, context:\n  pass", None)
case("indentation_error", "def handler(event, context):\npass", None)
case("nested_syntax_error", "import other\ndef handler(event, context): pass", None, files={"other.py": "x = = 1"})
case("raises_at_load", "def f(): raise ValueError('at load')\nf()", None)
case("raises_import_error", "raise ImportError('own words')", None)
case("name_error_at_load", "handler = nothing", None)
case("a_value_as_handler", "handler = 5", None)
case("a_class_as_handler", "class handler:\n    def __init__(self, event, context): pass", None)
case("a_callable", "class H:\n    def __call__(self, event, context): return 'called'\nhandler = H()", None)
case("names_of_bootstrap", """
    import frames, logs, process, handler as h, context as c, errors, encoding
    def handler(event, context): return [m.X for m in (frames, logs, process, h, c, errors, encoding)]
    """, None, files={f"{name}.py": f"X = '{name}'" for name in ("frames", "logs", "process", "handler", "context", "errors", "encoding")})
case("a_module_called_bootstrap", "", None, handler="bootstrap.handler", files={"bootstrap.py": "def handler(event, context): return 'mine'"})

# Context

case("context", """
    import re
    def handler(event, context):
        return {
            'id': context.aws_request_id, 'name': context.function_name, 'version': context.function_version,
            'memory': context.memory_limit_in_mb, 'arn': context.invoked_function_arn, 'group': context.log_group_name,
            'stream': context.log_stream_name, 'client': context.client_context, 'identity': repr(context.identity),
            'tenant': context.tenant_id, 'repr': repr(context),
            'left': 0 < context.get_remaining_time_in_millis() <= 30000, 'type': type(context.get_remaining_time_in_millis()).__name__,
            'vars': sorted(k for k in vars(context) if not k.startswith('_')), 'class': type(context).__name__,
        }
    """, None, None)
case("context_log", "def handler(event, context): context.log('one\\n'); context.log('two\\n')", None)
case("surroundings", """
    import os, sys, time
    def handler(event, context):
        return [os.getcwd() == os.path.dirname(os.path.abspath(__file__)), sys.path[0] in ('', os.getcwd()), os.environ['COLOR'], time.tzname[0], __name__]
    """, None, env={"COLOR": "rot", "TZ": "Asia/Tokyo"})

# Logs

case("print", """
    import sys
    print('at load')
    def handler(event, context):
        print('a', 1, sep='-'); print('two\\nlines'); print(); print('no end', end=''); print(' yes')
        sys.stdout.write('w\\n'); sys.stderr.write('e\\n'); sys.stdout.writelines(['x\\n', 'y\\n']); print('f', flush=True)
        sys.stdout.buffer.write('büffer\\n'.encode()); sys.stdout.buffer.flush()
    """, None, None)
case("logging", """
    import logging
    logging.warning('at load')
    log = logging.getLogger('own')
    def handler(event, context):
        logging.debug('d'); logging.info('i'); logging.warning('w %s', 1); logging.error('e'); logging.critical('c'); log.warning('named')
        log.warning('two\\nlines')
        try: 1 / 0
        except ZeroDivisionError: logging.exception('caught')
    """, None)
case("logging_info", """
    import logging
    logger = logging.getLogger(); logger.setLevel(logging.INFO)
    def handler(event, context):
        logger.debug('d'); logger.info('i'); logger.info({'a': 1}); logger.log(25, 'between'); logger.log(5, 'low')
    """, None)
case("logging_level", """
    import logging
    def handler(event, context): logging.debug('d'); logging.info('i'); print('p')
    """, None, log_level="INFO")
case("logging_trace", """
    import logging
    def handler(event, context): logging.debug('d'); logging.log(5, 'low')
    """, None, log_level="TRACE")
case("logging_formatter", """
    import logging
    for h in logging.getLogger().handlers: h.setFormatter(logging.Formatter('%(levelname)s|%(aws_request_id)s|%(message)s\\n'))
    def handler(event, context): logging.warning('own')
    """, None)
case("logging_force", """
    import logging, sys
    logging.basicConfig(force=True, stream=sys.stdout, level=10, format='%(message)s')
    def handler(event, context): logging.debug('forced')
    """, None)
case("logging_json", """
    import logging
    log = logging.getLogger('own')
    def handler(event, context):
        log.warning('w %s', 1, extra={'user': 'ü', 'n': {1: 2}}); log.error({'a': 1}); log.error({'a': object}, exc_info=False); print('plain')
        try: 1 / 0
        except ZeroDivisionError: log.exception('caught')
    """, None, log_format="json")
case("logging_json_level", """
    import logging
    def handler(event, context): logging.info('i'); logging.debug('d')
    """, None, log_format="json", log_level="DEBUG")
case("error_in_json", "def handler(event, context): raise ValueError('x')", None, log_format="json")
case("warnings", """
    import warnings
    def handler(event, context): warnings.warn('careful')
    """, None)
case("a_thread", """
    import threading
    def handler(event, context):
        t = threading.Thread(target=lambda: print('from thread')); t.start(); t.join()
        t = threading.Thread(target=lambda: 1 / 0, name='bad'); t.start(); t.join()
        return 1
    """, None)
case("stdlib", """
    import base64, hashlib, hmac, urllib.parse, datetime, re, html
    def handler(event, context):
        return {
            'b64': base64.b64encode('ü'.encode()).decode(), 'sha': hashlib.sha256(b'x').hexdigest(),
            'hmac': hmac.new(b'k', b'm', 'sha1').hexdigest(), 'quote': urllib.parse.quote('a b/ü?'), 'qs': urllib.parse.parse_qs('a=1&a=2&b='),
            'date': datetime.datetime(2020, 2, 29, tzinfo=datetime.timezone.utc).isoformat(), 're': re.sub(r'(\\w+) (\\w+)', r'\\2 \\1', event), 'html': html.escape('<&>'),
        }
    """, "hello world")
