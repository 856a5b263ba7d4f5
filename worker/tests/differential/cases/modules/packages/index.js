const attempt = (name) => {
  try {
    return require(name);
  } catch (error) {
    return [error.code, error.message.split('\n')[0].replace(/in .*package.json/, 'in package.json')];
  }
};

exports.handler = async () => ({
  main: attempt('plain'),
  file: attempt('plain/lib/other'),
  folder: attempt('folder'),
  dual: attempt('@scope/dual'),
  sub: attempt('@scope/dual/feature'),
  pattern: attempt('@scope/dual/parts/x'),
  hidden: attempt('@scope/dual/secret.js'),
  missing: attempt('missing'),
  nested: attempt('outer'),
  self: attempt('#config'),
});
