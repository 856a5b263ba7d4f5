// The methods of `console`, on a way to write a line: the function's log, or streams.
const { formatWithOptions, inspect, columns } = require('internal/inspect');
const system = native('system');

function table(head, rows) {
  const widths = head.map((text, at) => Math.max(columns(text), ...rows.map((row) => columns(row[at] === undefined ? '' : row[at]))) + 2);
  const bar = widths.map((size) => '─'.repeat(size));
  const line = (cells) => `│${cells.map((text = '', at) => ` ${text}${' '.repeat(widths[at] - columns(text) - 1)}`).join('│')}│\n`;
  return `┌${bar.join('┬')}┐\n${line(head)}├${bar.join('┼')}┤\n${rows.map((row) => line(Array.from(row))).join('')}└${bar.join('┴')}┘`;
}

function tabulate(data, properties, format) {
  if (data instanceof Map) {
    return table(['(iteration index)', 'Key', 'Values'], [...data].map(([key, value], at) => [`${at}`, format(key), format(value)]));
  }
  if (data instanceof Set) {
    return table(['(iteration index)', 'Values'], [...data].map((value, at) => [`${at}`, format(value)]));
  }
  const names = [];
  const rows = [];
  let single = false;
  const indexes = Object.keys(data);
  for (const index of indexes) {
    const item = data[index];
    const simple = item === null || (typeof item !== 'object' && typeof item !== 'function');
    const cells = {};
    if (simple) single = true;
    else {
      for (const key of properties || Object.keys(item)) {
        if (!names.includes(key)) names.push(key);
        if (Object.hasOwn(item, key)) cells[key] = format(item[key]);
      }
    }
    rows.push([index, cells, simple ? format(item) : '']);
  }
  const head = ['(index)', ...names, ...(single ? ['Values'] : [])];
  return table(head, rows.map(([index, cells, value]) => [index, ...names.map((name) => cells[name] || ''), ...(single ? [value] : [])]));
}

function duration(ms) {
  if (ms >= 3600000) return `${clock(ms / 3600000)} (h:mm:ss.mmm)`;
  if (ms >= 60000) return `${Math.floor(ms / 60000)}:${((ms % 60000) / 1000).toFixed(3).padStart(6, '0')} (m:ss.mmm)`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(3)}s`;
  return `${Number(ms.toFixed(3))}ms`;
}
function clock(hours) {
  const minutes = (hours % 1) * 60;
  return `${Math.floor(hours)}:${String(Math.floor(minutes)).padStart(2, '0')}:${((minutes % 1) * 60).toFixed(3).padStart(6, '0')}`;
}

// `write(level, text)` and `indent(by)` are the log's or a stream's.
function methods(write, indent, options, public_) {
  const counts = new Map();
  const timers = new Map();
  const levels = [];
  const warn = (text) => require('process').emitWarning(text);
  const format = (level, args) => formatWithOptions(options(level), ...args);
  const say = (method, args) => public_()[method](...args);
  const timed = (method, label, args) => {
    const begun = timers.get(label);
    if (begun === undefined) {
      warn(`No such label '${label}' for console.${method}()`);
      return false;
    }
    const text = duration((system.nanoseconds() - begun) / 1e6);
    say('log', args.length > 0 ? ['%s: %s', label, text, ...args] : ['%s: %s', label, text]);
    return true;
  };
  const all = {
    log(...args) { write('info', format('log', args)); },
    warn(...args) { write('warn', format('warn', args)); },
    error(...args) { write('error', format('error', args)); },
    info(...args) { write('info', format('log', args)); },
    debug(...args) { write('debug', format('log', args)); },
    dir(object, given) { write('info', inspect(object, { customInspect: false, ...options('log'), ...given })); },
    dirxml(...args) { say('log', args); },
    trace(...args) {
      const error = { name: 'Trace', message: format('error', args) };
      Error.captureStackTrace(error, all.trace);
      write('trace', error.stack);
    },
    clear() {},
    count(label = 'default') {
      label = `${label}`;
      const count = (counts.get(label) || 0) + 1;
      counts.set(label, count);
      say('log', [`${label}: ${count}`]);
    },
    countReset(label = 'default') {
      if (!counts.delete(`${label}`)) warn(`Count for '${label}' does not exist`);
    },
    group(...args) {
      if (args.length > 0) say('log', args);
      levels.push(2);
      indent(2);
    },
    groupEnd() {
      if (levels.pop() !== undefined) indent(-2);
    },
    table(data, properties) {
      if (data === null || typeof data !== 'object') return say('log', [data]);
      if (properties !== undefined) require('internal/validators').validateArray(properties, 'properties');
      const cell = (value) => {
        const depth = value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 2 ? -1 : 0;
        return inspect(value, { ...options('log'), maxArrayLength: 3, breakLength: Infinity, depth });
      };
      return say('log', [tabulate(data, properties, cell)]);
    },
    time(label = 'default') {
      label = `${label}`;
      if (timers.has(label)) warn(`Label '${label}' already exists for console.time()`);
      else timers.set(label, system.nanoseconds());
    },
    timeEnd(label = 'default') {
      if (timed('timeEnd', `${label}`, [])) timers.delete(`${label}`);
    },
    timeLog(label = 'default', ...args) { timed('timeLog', `${label}`, args); },
    profile() {},
    profileEnd() {},
    timeStamp() {},
    createTask() { return { run: (fn) => fn() }; },
    context() { return all; },
  };
  all.groupCollapsed = all.group;
  all.assert = function assert(value, ...args) {
    if (value) return;
    args[0] = args.length === 0 ? 'Assertion failed' : `Assertion failed: ${args[0]}`;
    say('warn', args);
  };
  return all;
}

class Console {
  constructor(options, errors) {
    if (!options || typeof options.write === 'function') options = { stdout: options, stderr: errors };
    const { stdout, stderr = stdout, inspectOptions, groupIndentation = 2 } = options;
    const { codes } = require('internal/errors');
    if (!stdout || typeof stdout.write !== 'function') throw new codes.ERR_CONSOLE_WRITABLE_STREAM('stdout');
    if (!stderr || typeof stderr.write !== 'function') throw new codes.ERR_CONSOLE_WRITABLE_STREAM('stderr');
    let margin = '';
    const write = (level, text) => {
      if (margin !== '') text = margin + text.replaceAll('\n', `\n${margin}`);
      (level === 'warn' || level === 'error' || level === 'trace' ? stderr : stdout).write(`${text}\n`);
    };
    const indent = (by) => { margin = ' '.repeat(Math.max(0, margin.length + (by / 2) * groupIndentation)); };
    Object.assign(this, methods(write, indent, () => inspectOptions, () => this));
    Object.defineProperty(this, '_stdout', { value: stdout, writable: true, configurable: true });
    Object.defineProperty(this, '_stderr', { value: stderr, writable: true, configurable: true });
  }
}
Object.defineProperty(Console, Symbol.hasInstance, {
  value: (value) => value === globalThis.console || (typeof value === 'object' && value !== null && Console.prototype.isPrototypeOf(value)),
});

module.exports = methods(system.log, system.indent, () => undefined, () => globalThis.console);
module.exports.Console = Console;
