// `util.parseArgs`.
const { codes } = require('internal/errors');
const { validateArray, validateBoolean, validateObject, validateOneOf, validateString } = require('internal/validators');
const { hasOwn } = Object;

function tokenize(args, options) {
  const tokens = [];
  const shortOf = (short) => Object.keys(options).find((name) => options[name].short === short) || short;
  const typeOf = (name) => (hasOwn(options, name) ? options[name].type : undefined);
  const queue = [...args];
  let index = -1;
  let grouped = 0;
  while (queue.length > 0) {
    const arg = queue.shift();
    if (grouped > 0) grouped--;
    else index++;
    if (arg === '--') {
      tokens.push({ kind: 'option-terminator', index });
      for (const value of queue) tokens.push({ kind: 'positional', index: ++index, value });
      break;
    }
    const option = (name, rawName, value, inlineValue) => tokens.push({ kind: 'option', name, rawName, index, value, inlineValue });
    const takes = (name) => typeOf(name) === 'string';
    if (/^-[^-]$/.test(arg)) {
      const name = shortOf(arg[1]);
      let value;
      let inline;
      if (takes(name) && queue.length > 0) {
        value = queue.shift();
        inline = false;
      }
      option(name, arg, value, inline);
      if (value !== undefined) index++;
    } else if (/^-[^-]./.test(arg) && !takes(shortOf(arg[1]))) {
      const expanded = [];
      for (let at = 1; at < arg.length; at++) {
        if (at < arg.length - 1 && takes(shortOf(arg[at]))) {
          expanded.push(`-${arg.slice(at)}`);
          break;
        }
        expanded.push(`-${arg[at]}`);
      }
      queue.unshift(...expanded);
      grouped = expanded.length;
    } else if (/^-[^-]./.test(arg)) {
      option(shortOf(arg[1]), `-${arg[1]}`, arg.slice(2), true);
    } else if (/^--[^=]+$/.test(arg) && arg.length > 2) {
      const name = arg.slice(2);
      let value;
      let inline;
      if (takes(name) && queue.length > 0) {
        value = queue.shift();
        inline = false;
      }
      option(name, arg, value, inline);
      if (value !== undefined) index++;
    } else if (/^--[^=]+=/.test(arg)) {
      const at = arg.indexOf('=');
      option(arg.slice(2, at), arg.slice(0, at), arg.slice(at + 1), true);
    } else tokens.push({ kind: 'positional', index, value: arg });
  }
  return tokens;
}

function check(token, options, allowPositionals) {
  if (!hasOwn(options, token.name)) throw new codes.ERR_PARSE_ARGS_UNKNOWN_OPTION(token.rawName, allowPositionals);
  const { short, type } = options[token.name];
  const shown = `${short ? `-${short}, ` : ''}--${token.name}`;
  if (type === 'string' && typeof token.value !== 'string') throw new codes.ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${shown} <value>' argument missing`);
  if (type === 'boolean' && token.value != null) throw new codes.ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${shown}' does not take an argument`);
  if (token.inlineValue === false && /^-./.test(token.value)) {
    const example = token.rawName.startsWith('--') ? `'${token.rawName}=-XYZ'` : `'--${token.name}=-XYZ' or '${token.rawName}-XYZ'`;
    throw new codes.ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${token.rawName}' argument is ambiguous.\nDid you forget to specify the option argument for '${token.rawName}'?\nTo specify an option argument starting with a dash use ${example}.`);
  }
}

function parseArgs(config = {}) {
  validateObject(config, 'config');
  const { args = require('process').argv.slice(2), options = {}, strict = true, tokens: asked = false } = config;
  const allowPositionals = config.allowPositionals === undefined ? !strict : config.allowPositionals;
  validateArray(args, 'args');
  validateBoolean(strict, 'strict');
  validateBoolean(allowPositionals, 'allowPositionals');
  validateObject(options, 'options');
  for (const [name, option] of Object.entries(options)) {
    validateObject(option, `options.${name}`);
    validateOneOf(option.type, `options.${name}.type`, ['string', 'boolean']);
    if (hasOwn(option, 'short')) {
      validateString(option.short, `options.${name}.short`);
      if (option.short.length !== 1) throw new codes.ERR_INVALID_ARG_VALUE(`options.${name}.short`, option.short, 'must be a single character');
    }
    if (hasOwn(option, 'multiple')) validateBoolean(option.multiple, `options.${name}.multiple`);
  }
  const tokens = tokenize(args, options);
  const result = { values: Object.create(null), positionals: [] };
  if (asked) result.tokens = tokens;
  for (const token of tokens) {
    if (token.kind === 'option') {
      if (strict) check(token, options, allowPositionals);
      if (token.name === '__proto__') continue;
      const value = token.value === undefined ? true : token.value;
      if (hasOwn(options, token.name) && options[token.name].multiple) (result.values[token.name] = result.values[token.name] || []).push(value);
      else result.values[token.name] = value;
    } else if (token.kind === 'positional') {
      if (!allowPositionals) throw new codes.ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL(token.value);
      result.positionals.push(token.value);
    }
  }
  for (const [name, option] of Object.entries(options)) {
    if (option.default !== undefined && result.values[name] === undefined) result.values[name] = option.default;
  }
  return result;
}

module.exports = { parseArgs };
