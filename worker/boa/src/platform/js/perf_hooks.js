// `performance`: clock, marks and measures. Parts that observe the engine are empty.
const system = native('system');
const { EventTarget } = require('internal/event_target');
const { codes } = require('internal/errors');
const timeOrigin = Date.now() - system.nanoseconds() / 1e6;
const entries = [];
const observers = new Set();
const now = () => system.nanoseconds() / 1e6;

class PerformanceEntry {
  constructor(name, entryType, startTime, duration, detail) {
    Object.defineProperty(this, data, { value: { name, entryType, startTime, duration, detail } });
  }
  get name() { return this[data].name; }
  get entryType() { return this[data].entryType; }
  get startTime() { return this[data].startTime; }
  get duration() { return this[data].duration; }
  get detail() { return this[data].detail; }
  toJSON() {
    const { name, entryType, startTime, duration, detail } = this[data];
    return detail === undefined ? { name, entryType, startTime, duration } : { name, entryType, startTime, duration, detail };
  }
  [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`;
  }
}
const data = Symbol('entry');
class PerformanceMark extends PerformanceEntry {
  constructor(name, options = {}) {
    super(`${name}`, 'mark', options.startTime === undefined ? now() : options.startTime, 0, options.detail === undefined ? null : options.detail);
  }
}
class PerformanceMeasure extends PerformanceEntry {}
class PerformanceResourceTiming extends PerformanceEntry {}

function record(entry) {
  entries.push(entry);
  if (entries.length > 1000) entries.shift();
  for (const observer of observers) observer[data](entry);
  return entry;
}

function when(value) {
  if (typeof value === 'number') return value;
  for (let at = entries.length - 1; at >= 0; at--) if (entries[at].entryType === 'mark' && entries[at].name === value) return entries[at].startTime;
  throw new (require('internal/dom_exception'))(`The "${value}" performance mark has not been set`, 'SyntaxError');
}

class Performance extends EventTarget {
  now() { return now(); }
  get timeOrigin() { return timeOrigin; }
  mark(name, options) { return record(new PerformanceMark(name, options)); }
  measure(name, from, to) {
    let start;
    let end;
    let detail = null;
    if (from !== null && typeof from === 'object') {
      if (from.detail !== undefined) ({ detail } = from);
      end = from.end !== undefined ? when(from.end) : from.start !== undefined && from.duration !== undefined ? when(from.start) + from.duration : now();
      start = from.start !== undefined ? when(from.start) : from.duration !== undefined ? end - from.duration : 0;
    } else {
      start = from === undefined ? 0 : when(from);
      end = to === undefined ? now() : when(to);
    }
    return record(new PerformanceMeasure(`${name}`, 'measure', start, end - start, detail));
  }
  getEntries() { return [...entries]; }
  getEntriesByName(name, type) { return entries.filter((one) => one.name === name && (type === undefined || one.entryType === type)); }
  getEntriesByType(type) { return entries.filter((one) => one.entryType === type); }
  clearMarks(name) { clear('mark', name); }
  clearMeasures(name) { clear('measure', name); }
  clearResourceTimings() {}
  setResourceTimingBufferSize() {}
  markResourceTiming() {}
  eventLoopUtilization() { return { idle: 0, active: 0, utilization: 0 }; }
  timerify(fn) {
    require('internal/validators').validateFunction(fn, 'fn');
    return function timerified(...args) { return new.target ? Reflect.construct(fn, args, fn) : Reflect.apply(fn, this, args); };
  }
  get nodeTiming() {
    return { name: 'node', entryType: 'node', startTime: 0, duration: now(), nodeStart: 0, v8Start: 0, bootstrapComplete: 0, environment: 0, loopStart: 0, loopExit: -1, idleTime: 0 };
  }
  toJSON() { return { nodeTiming: this.nodeTiming, timeOrigin, eventLoopUtilization: this.eventLoopUtilization() }; }
}

function clear(type, name) {
  for (let at = entries.length - 1; at >= 0; at--) if (entries[at].entryType === type && (name === undefined || entries[at].name === name)) entries.splice(at, 1);
}

const list = (found) => ({
  getEntries: () => [...found],
  getEntriesByName: (name, type) => found.filter((one) => one.name === name && (type === undefined || one.entryType === type)),
  getEntriesByType: (type) => found.filter((one) => one.entryType === type),
});

class PerformanceObserver {
  #callback; #types = []; #found = []; #asked = false;
  static get supportedEntryTypes() { return ['function', 'gc', 'mark', 'measure', 'resource']; }
  constructor(callback) {
    require('internal/validators').validateFunction(callback, 'callback');
    this.#callback = callback;
  }
  observe(options) {
    require('internal/validators').validateObject(options, 'options');
    const { entryTypes, type } = options;
    if (entryTypes === undefined && type === undefined) throw new codes.ERR_MISSING_ARGS('options.entryTypes', 'options.type');
    this.#types = entryTypes || [...this.#types, type];
    observers.add(this);
    if (options.buffered) for (const entry of entries) this[data](entry);
  }
  disconnect() {
    observers.delete(this);
    this.#found = [];
  }
  takeRecords() { return this.#found.splice(0); }
  [data](entry) {
    if (!this.#types.includes(entry.entryType)) return;
    this.#found.push(entry);
    if (this.#asked) return;
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
      if (this.#found.length > 0) this.#callback(list(this.takeRecords()), this);
    });
  }
}

function histogram() {
  const values = [];
  const sorted = () => [...values].sort((a, b) => a - b);
  return {
    get count() { return values.length; },
    get min() { return values.length ? Math.min(...values) : 9223372036854776000; },
    get max() { return values.length ? Math.max(...values) : 0; },
    get mean() { return values.length ? values.reduce((a, b) => a + b) / values.length : NaN; },
    exceeds: 0,
    stddev: NaN,
    percentile: (part) => sorted()[Math.max(0, Math.ceil((part / 100) * values.length) - 1)] || 0,
    record: (value) => { if (values.length < 10000) values.push(Number(value)); },
    recordDelta() {},
    reset() { values.length = 0; },
    enable: () => false,
    disable: () => false,
  };
}

const performance = new Performance();
module.exports = {
  PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver,
  PerformanceObserverEntryList: class PerformanceObserverEntryList {}, PerformanceResourceTiming,
  monitorEventLoopDelay: histogram, createHistogram: histogram, performance,
};
Object.defineProperty(module.exports, 'constants', {
  enumerable: true,
  value: {
    NODE_PERFORMANCE_GC_MAJOR: 4, NODE_PERFORMANCE_GC_MINOR: 1, NODE_PERFORMANCE_GC_INCREMENTAL: 8, NODE_PERFORMANCE_GC_WEAKCB: 16,
    NODE_PERFORMANCE_GC_FLAGS_NO: 0, NODE_PERFORMANCE_GC_FLAGS_CONSTRUCT_RETAINED: 2, NODE_PERFORMANCE_GC_FLAGS_FORCED: 4,
    NODE_PERFORMANCE_GC_FLAGS_SYNCHRONOUS_PHANTOM_PROCESSING: 8, NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE: 16,
    NODE_PERFORMANCE_GC_FLAGS_ALL_EXTERNAL_MEMORY: 32, NODE_PERFORMANCE_GC_FLAGS_SCHEDULE_IDLE: 64,
  },
});
