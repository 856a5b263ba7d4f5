// What a share of the programs goes through before either side runs it.

'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');

/** Compilers by name, with what is asked of them. Those of old targets turn much into helpers of their own. */
const BY_NAME = {
  'typescript-es5': typescript('ES5'),
  'typescript-es2015': typescript('ES2015'),
  'typescript-es2017': typescript('ES2017'),
  'babel-es5': babel({ ie: '11' }),
  'babel-es2017': babel({ node: '8' }),
  'esbuild-es2015': esbuild({ target: 'es2015' }),
  'esbuild-minify': esbuild({ target: 'node20', minify: true }),
  terser,
};

class Compilers {
  /** `folder` has the packages in its `node_modules`; without one nothing is compiled. */
  constructor(folder) {
    this.packages = folder ? createRequire(path.join(path.resolve(folder), 'package.json')) : null;
  }

  /** The text as the compiler writes it; null if it refuses the text. */
  async compile(name, text, isModule) {
    if (name === 'none' || this.packages === null) return text;
    try {
      return await BY_NAME[name](this.packages, text, isModule);
    } catch {
      return null;
    }
  }
}

function typescript(target) {
  return (packages, text, isModule) => {
    const ts = packages('typescript');
    return ts.transpileModule(text, {
      compilerOptions: { target: ts.ScriptTarget[target], module: isModule ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS, downlevelIteration: true, ignoreDeprecations: '5.0', alwaysStrict: false, allowJs: true },
      fileName: isModule ? 'run.mts' : 'run.js',
    }).outputText;
  };
}

function babel(targets) {
  return (packages, text, isModule) => packages('@babel/core').transformSync(text, {
    presets: [[packages.resolve('@babel/preset-env'), { targets, modules: false }]],
    sourceType: isModule ? 'module' : 'script', configFile: false, babelrc: false, compact: false,
  }).code;
}

function esbuild(options) {
  return async (packages, text, isModule) => (await packages('esbuild').transform(text, { ...options, format: isModule ? 'esm' : undefined, logLevel: 'silent' })).code;
}

async function terser(packages, text, isModule) {
  return (await packages('terser').minify(text, { module: isModule, compress: { passes: 2 }, mangle: true })).code;
}

module.exports = { Compilers };
