'use strict';

// Finds a handler by its name, in the order of Lambda's runtime for Node.js.
//
// `folder/file.a.b` is the export `b` of the export `a` of `folder/file`: the name of the file ends
// at the first dot after the last slash.

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const { RuntimeFault } = require('./errors.cjs');

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

/**
 * Loads the module of `name` below `folder` and returns its handler.
 * Throws a `RuntimeFault`, or what the module threw.
 */
async function load(folder, name) {
  if (name.includes('..')) {
    throw new RuntimeFault(
      'MalformedHandlerName',
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const last = path.basename(name);
  const below = name.slice(0, name.indexOf(last));
  const dot = last.indexOf('.');
  if (dot < 0) throw new RuntimeFault('MalformedHandlerName', 'Bad handler');
  offerStreaming();
  const exported = await loadModule(folder, below, last.slice(0, dot));
  let handler = exported;
  for (const key of last.slice(dot + 1).split('.')) handler = handler && handler[key];
  if (!handler) throw new RuntimeFault('HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new RuntimeFault('HandlerNotFound', `${name} is not a function`);
  if (handler[STREAMING]) {
    throw new RuntimeFault(
      'StreamingHandler',
      `${name} streams its response, which Lambda@Edge does not allow. Export a handler that returns its response.`,
    );
  }
  return handler;
}

async function loadModule(folder, below, name) {
  try {
    return await firstModule(folder, below, name);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeFault('UserCodeSyntaxError', String(error), error);
    if (error?.code === 'MODULE_NOT_FOUND') {
      throw new RuntimeFault('ImportModuleError', withoutOurFiles(String(error)), error);
    }
    throw error;
  }
}

/** The first that is there. A module without a value, such as an empty text, counts as absent. */
async function firstModule(folder, below, name) {
  const file = path.resolve(folder, below, name);
  const required = (extension) => (fs.existsSync(file + extension) ? require(file + extension) : undefined);
  const imported = async (extension) =>
    fs.existsSync(file + extension) ? import(pathToFileURL(file + extension).href) : undefined;
  const inModule = fs.existsSync(`${file}.js`) && isInModule(path.dirname(file));
  return (
    required('') ||
    (!inModule && required('.js')) ||
    (inModule && (await imported('.js'))) ||
    (await imported('.mjs')) ||
    required('.cjs') ||
    require(require.resolve(name, { paths: [folder, below] }))
  );
}

/** True if the nearest `package.json` says that files below it are ES modules. */
function isInModule(folder) {
  if (folder.endsWith('/node_modules')) return false;
  const description = path.join(folder, 'package.json');
  if (fs.existsSync(description)) {
    try {
      const read = JSON.parse(fs.readFileSync(description, 'utf8'));
      if (read) return read.type === 'module';
    } catch (error) {
      console.warn(`${description} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder === '/' ? false : isInModule(path.resolve(folder, '..'));
}

/** The list of requiring files names ours as the first; the author has none of it. */
function withoutOurFiles(message) {
  const lines = message.split('\n').filter((line) => !line.startsWith(`- ${__dirname}`));
  if (lines.at(-1) === 'Require stack:') lines.pop();
  return lines.join('\n');
}

/** Libraries look for this when they are loaded, also those that never stream. */
function offerStreaming() {
  globalThis.awslambda = {
    streamifyResponse(handler) {
      handler[STREAMING] = 'response';
      return handler;
    },
    HttpResponseStream: class HttpResponseStream {
      static from(stream) {
        return stream;
      }
    },
  };
}

module.exports = { load };
