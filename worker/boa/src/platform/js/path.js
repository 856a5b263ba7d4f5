// Paths with `/`. `path.win32` is made when it is first read.

const badType = (name, type, value) => native('coded').invalidType(name, `of type ${type}`, value);

function text(value, name) {
  if (typeof value !== 'string') throw badType(name, 'string', value);
}

const home = () => (typeof process === 'object' && process.cwd ? process.cwd() : '/var/task');

// The path without empty and `.` parts and, as far as they can be, without `..`.
function collapse(path, mayClimb) {
  const kept = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept[kept.length - 1] !== '..') kept.pop();
    else if (mayClimb) kept.push('..');
  }
  return kept.join('/');
}

// Where the last part begins and ends, slashes at the end aside.
function lastPart(path) {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return [path.lastIndexOf('/', end - 1) + 1, end];
}

function extension(base) {
  const dot = base.lastIndexOf('.');
  return dot <= 0 || base === '..' ? '' : base.slice(dot);
}

const posix = {
  resolve(...paths) {
    let resolved = '';
    let absolute = false;
    for (let at = paths.length - 1; at >= -1 && !absolute; at -= 1) {
      const path = at >= 0 ? paths[at] : home();
      text(path, `paths[${at}]`);
      if (path.length === 0) continue;
      resolved = `${path}/${resolved}`;
      absolute = path[0] === '/';
    }
    resolved = collapse(resolved, !absolute);
    if (absolute) return `/${resolved}`;
    return resolved === '' ? '.' : resolved;
  },

  normalize(path) {
    text(path, 'path');
    if (path.length === 0) return '.';
    const absolute = path[0] === '/';
    const trailing = path[path.length - 1] === '/';
    const parts = collapse(path, !absolute);
    if (parts === '') {
      if (absolute) return '/';
      return trailing ? './' : '.';
    }
    return `${absolute ? '/' : ''}${parts}${trailing ? '/' : ''}`;
  },

  isAbsolute(path) {
    text(path, 'path');
    return path[0] === '/';
  },

  join(...paths) {
    for (const path of paths) text(path, 'path');
    const joined = paths.filter((path) => path.length > 0).join('/');
    return joined === '' ? '.' : posix.normalize(joined);
  },

  relative(from, to) {
    text(from, 'from');
    text(to, 'to');
    if (from === to) return '';
    const parts = (path) => posix.resolve(path).split('/').filter((part) => part !== '');
    const [source, target] = [parts(from), parts(to)];
    let common = 0;
    while (common < source.length && source[common] === target[common]) common += 1;
    return [...source.slice(common).map(() => '..'), ...target.slice(common)].join('/');
  },

  toNamespacedPath(path) {
    return path;
  },

  dirname(path) {
    text(path, 'path');
    if (path.length === 0) return '.';
    const absolute = path[0] === '/';
    const slash = lastPart(path)[0] - 1;
    if (slash < 1) return absolute ? '/' : '.';
    return absolute && slash === 1 ? '//' : path.slice(0, slash);
  },

  basename(path, suffix) {
    if (suffix !== undefined) text(suffix, 'suffix');
    text(path, 'path');
    if (suffix && suffix === path) return '';
    const base = path.slice(...lastPart(path));
    return suffix && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
  },

  extname(path) {
    text(path, 'path');
    return extension(path.slice(...lastPart(path)));
  },

  // `path.win32` formats with its own separator.
  format(parts, separator = '/') {
    if (parts === null || typeof parts !== 'object' || Array.isArray(parts)) {
      throw badType('pathObject', 'object', parts);
    }
    const { root, ext } = parts;
    const folder = parts.dir || root;
    const ending = ext ? `${ext[0] === '.' ? '' : '.'}${ext}` : '';
    const base = parts.base || `${parts.name || ''}${ending}`;
    if (!folder) return base;
    return folder === root ? `${folder}${base}` : `${folder}${separator}${base}`;
  },

  parse(path) {
    text(path, 'path');
    const root = path[0] === '/' ? '/' : '';
    const [start, end] = lastPart(path);
    const base = path.slice(start, end);
    const dir = start > 1 ? path.slice(0, start - 1) : root;
    // Node.js takes `/..` for a name with an ending.
    const ext = base === '..' && root && start === 1 ? '.' : extension(base);
    return { root, dir, base, ext, name: ext ? base.slice(0, -ext.length) : base };
  },

  sep: '/',
  delimiter: ':',
  win32: null,
  posix: null,
};
posix.posix = posix;
Object.defineProperty(posix, 'win32', { configurable: true, enumerable: true, get: () => require('path/win32') });
posix._makeLong = posix.toNamespacedPath;

module.exports = posix;
