// `url.resolve`: one parsed URL seen from another.

function finished(result) {
  if (result.pathname !== null || result.search !== null) {
    result.path = `${result.pathname || ''}${result.search || ''}`;
  }
  result.href = result.format();
  return result;
}

const split = (pathname) => (pathname ? pathname.split('/') : []);

// The parts without `.`, and with `..` taking the part before it away.
function climbed(parts, mayLeave) {
  const kept = [];
  let up = 0;
  for (let at = parts.length - 1; at >= 0; at -= 1) {
    if (parts[at] === '.') continue;
    if (parts[at] === '..') up += 1;
    else if (up > 0) up -= 1;
    else kept.unshift(parts[at]);
  }
  if (mayLeave) for (; up > 0; up -= 1) kept.unshift('..');
  return kept;
}

// A host that stands in the path may have the credentials with it.
function hostFromPath(result, host) {
  [result.host, result.hostname] = [host, host];
  const at = host && host.indexOf('@') > 0 ? host.split('@') : null;
  if (at) {
    result.auth = at.shift();
    result.host = result.hostname = at.shift();
  }
}

function pathIntoHost(parts, host) {
  if (!host) return;
  if (parts[0] === '') parts[0] = host;
  else parts.unshift(host);
}

function otherProtocol(result, other, slashed, isScript) {
  if (!slashed.has(other.protocol)) {
    Object.assign(result, other);
    result.href = result.format();
    return result;
  }
  result.protocol = other.protocol;
  let { host, hostname, pathname } = other;
  if (!host && !/^file:?$/.test(other.protocol) && !isScript(other.protocol)) {
    const parts = (pathname || '').split('/');
    while (parts.length > 0 && !host) host = parts.shift();
    [host, hostname] = [host || '', hostname || ''];
    if (parts[0] !== '') parts.unshift('');
    if (parts.length < 2) parts.unshift('');
    pathname = parts.join('/');
  }
  Object.assign(result, {
    pathname, search: other.search, query: other.query, host: host || '', auth: other.auth,
    hostname: hostname || host, port: other.port, slashes: result.slashes || other.slashes,
  });
  if (result.pathname || result.search) result.path = `${result.pathname || ''}${result.search || ''}`;
  result.href = result.format();
  return result;
}

module.exports = function resolve(result, other, slashed, isScript) {
  result.hash = other.hash;
  if (other.href === '') {
    result.href = result.format();
    return result;
  }
  if (other.slashes && !other.protocol) {
    const { protocol } = result;
    Object.assign(result, other, { protocol });
    if (slashed.has(protocol) && result.hostname && !result.pathname) result.path = result.pathname = '/';
    result.href = result.format();
    return result;
  }
  if (other.protocol && other.protocol !== result.protocol) return otherProtocol(result, other, slashed, isScript);

  const startsAbsolute = Boolean(result.pathname && result.pathname[0] === '/');
  const otherAbsolute = Boolean(other.host || (other.pathname && other.pathname[0] === '/'));
  let absolute = Boolean(otherAbsolute || startsAbsolute || (result.host && other.pathname));
  const keepsRoot = absolute;
  let parts = split(result.pathname);
  const otherParts = split(other.pathname);
  const opaque = Boolean(result.protocol && !slashed.has(result.protocol));
  let given = other;
  if (opaque) {
    pathIntoHost(parts, result.host);
    Object.assign(result, { hostname: '', port: null, host: '' });
    if (other.protocol) {
      result.auth = null;
      pathIntoHost(otherParts, other.host);
      given = { ...other, hostname: null, port: null, host: null };
    }
    absolute = absolute && (otherParts[0] === '' || parts[0] === '');
  }
  if (otherAbsolute) {
    for (const [name, also] of [['host', 'port'], ['hostname', null]]) {
      if (!given[name] && given[name] !== '') continue;
      if (result[name] !== given[name]) result.auth = null;
      result[name] = given[name];
      if (also) result[also] = given[also];
    }
    parts = otherParts;
    [result.search, result.query] = [given.search, given.query];
  } else if (otherParts.length > 0) {
    parts = [...parts.slice(0, -1), ...otherParts];
    [result.search, result.query] = [given.search, given.query];
  } else if (given.search !== null && given.search !== undefined) {
    if (opaque) hostFromPath(result, parts.shift());
    [result.search, result.query] = [given.search, given.query];
    return finished(result);
  }
  if (parts.length === 0) {
    result.pathname = null;
    result.path = result.search ? `/${result.search}` : null;
    result.href = result.format();
    return result;
  }
  const last = parts[parts.length - 1];
  const dotted = last === '.' || last === '..';
  const trailing = last === '' || (dotted && Boolean(result.host || given.host || parts.length > 1));
  parts = climbed(parts, !absolute && !keepsRoot);
  const rooted = () => parts[0] === '' || (parts[0] && parts[0][0] === '/');
  if (absolute && !rooted()) parts.unshift('');
  if (trailing && !parts.join('/').endsWith('/')) parts.push('');
  const isAbsolute = rooted();
  if (opaque) hostFromPath(result, isAbsolute ? '' : parts.shift() ?? '');
  absolute = absolute || Boolean(result.host && parts.length > 0);
  if (absolute && !isAbsolute) parts.unshift('');
  if (parts.length === 0) [result.pathname, result.path] = [null, null];
  else result.pathname = parts.join('/');
  result.auth = given.auth || result.auth;
  result.slashes = result.slashes || given.slashes;
  return finished(result);
};
