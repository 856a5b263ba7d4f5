// Paths with `\`, drives and network shares, as Windows has them.

const posix = require('path');

const badType = (name, value) => native('coded').invalidType(name, 'of type string', value);

function text(value, name) {
  if (typeof value !== 'string') throw badType(name, value);
}

const isSeparator = (letter) => letter === '/' || letter === '\\';
const SHARE = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/;

// What a path begins with: the drive or share, where the rest begins, whether it is absolute.
function rootOf(path) {
  if (isSeparator(path[0])) {
    const share = SHARE.exec(path);
    if (share === null) return { device: '', end: 1, absolute: true, share: false };
    return { device: `\\\\${share[1]}\\${share[2]}`, end: share[0].length, absolute: true, share: true };
  }
  if (/^[a-z]:/i.test(path)) {
    const absolute = isSeparator(path[2]);
    return { device: path.slice(0, 2), end: absolute ? 3 : 2, absolute, share: false };
  }
  return { device: '', end: 0, absolute: false, share: false };
}

function collapse(path, mayClimb) {
  const kept = [];
  for (const part of path.split(/[\\/]/)) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept[kept.length - 1] !== '..') kept.pop();
    else if (mayClimb) kept.push('..');
  }
  return kept.join('\\');
}

function lastPart(path) {
  const floor = /^[a-z]:/i.test(path) ? 2 : 0;
  let end = path.length;
  while (end > floor && isSeparator(path[end - 1])) end -= 1;
  let start = end;
  while (start > floor && !isSeparator(path[start - 1])) start -= 1;
  return [start, end];
}

function extension(base) {
  const dot = base.lastIndexOf('.');
  return dot <= 0 || base === '..' ? '' : base.slice(dot);
}

const win32 = {
  resolve(...paths) {
    let device = '';
    let tail = '';
    let absolute = false;
    for (let at = paths.length - 1; at >= -1; at -= 1) {
      const path = at >= 0 ? paths[at] : posix.resolve();
      if (at >= 0) text(path, `paths[${at}]`);
      if (path.length === 0) continue;
      const root = rootOf(path);
      if (root.device !== '') {
        if (device === '') device = root.device;
        else if (root.device.toLowerCase() !== device.toLowerCase()) continue;
      }
      if (!absolute) {
        tail = `${path.slice(root.end)}\\${tail}`;
        absolute = root.absolute;
      }
      if (absolute && device !== '') break;
    }
    tail = collapse(tail, !absolute);
    return `${device}${absolute ? '\\' : ''}${tail}` || '.';
  },

  normalize(path) {
    text(path, 'path');
    if (path.length === 0) return '.';
    if (path.length === 1) return path === '/' ? '\\' : path;
    const { device, end, absolute, share } = rootOf(path);
    if (share && end === path.length) return `${device}\\`;
    let tail = end < path.length ? collapse(path.slice(end), !absolute) : '';
    if (tail === '' && !absolute) tail = '.';
    if (tail !== '' && isSeparator(path[path.length - 1])) tail += '\\';
    // What reads like a drive further on must not become one.
    const prefix = !absolute && device === '' && /:([\\/]|$)/.test(path) ? '.\\' : '';
    return `${prefix}${device}${absolute ? '\\' : ''}${tail}`;
  },

  isAbsolute(path) {
    text(path, 'path');
    return path.length > 0 && rootOf(path).absolute;
  },

  join(...paths) {
    for (const path of paths) text(path, 'path');
    const parts = paths.filter((path) => path.length > 0);
    if (parts.length === 0) return '.';
    let joined = parts.join('\\');
    // Only a first part that is a share itself begins with two separators.
    if (!/^[\\/]{2}[^\\/]+([\\/]+[^\\/]|$)/.test(parts[0]) || /^[\\/]{3}/.test(parts[0])) {
      joined = joined.replace(/^[\\/]{2,}/, '\\');
    }
    return win32.normalize(joined);
  },

  relative(from, to) {
    text(from, 'from');
    text(to, 'to');
    if (from === to) return '';
    const [source, target] = [win32.resolve(from), win32.resolve(to)];
    if (source.toLowerCase() === target.toLowerCase()) return '';
    const parts = (path) => path.split('\\').filter((part) => part !== '');
    const [up, down] = [parts(source), parts(target)];
    let common = 0;
    const same = (at) => at < down.length && up[at].toLowerCase() === down[at].toLowerCase();
    while (common < up.length && same(common)) common += 1;
    if (common === 0 && up.length > 0 && down.length > 0) return target;
    return [...up.slice(common).map(() => '..'), ...down.slice(common)].join('\\');
  },

  toNamespacedPath(path) {
    if (typeof path !== 'string' || path.length === 0) return path;
    const resolved = win32.resolve(path);
    if (resolved.length <= 2) return path;
    if (/^\\\\[^?.]/.test(resolved)) return `\\\\?\\UNC\\${resolved.slice(2)}`;
    return /^[a-z]:\\/i.test(resolved) ? `\\\\?\\${resolved}` : resolved;
  },

  dirname(path) {
    text(path, 'path');
    if (path.length === 0) return '.';
    if (path.length === 1) return isSeparator(path) ? path : '.';
    const { end, share } = rootOf(path);
    if (share && end === path.length) return path;
    const root = share ? end + 1 : end;
    let last = path.length;
    while (last > root && isSeparator(path[last - 1])) last -= 1;
    while (last > root && !isSeparator(path[last - 1])) last -= 1;
    if (last > root) return path.slice(0, last - 1);
    return root > 0 ? path.slice(0, root) : '.';
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

  format(parts) {
    return posix.format(parts, '\\');
  },

  parse(path) {
    text(path, 'path');
    const { end, share } = path.length > 0 ? rootOf(path) : { end: 0, share: false };
    const root = path.slice(0, share && end < path.length ? end + 1 : end);
    const [from, to] = lastPart(path);
    const start = Math.max(from, root.length);
    const base = path.slice(start, Math.max(to, start));
    const dir = start > root.length ? path.slice(0, start - 1) : root;
    const ext = extension(base);
    return { root, dir, base, ext, name: ext ? base.slice(0, -ext.length) : base };
  },

  sep: '\\',
  delimiter: ';',
  win32: null,
  posix,
};
win32.win32 = win32;
win32._makeLong = win32.toNamespacedPath;

module.exports = win32;
