const attempt = (name) => {
  try {
    return typeof require(name);
  } catch (error) {
    return [error.code, error.message.split('\n')[0]];
  }
};

exports.handler = async () => [
  require('path') === require('node:path'),
  attempt('node:nope'),
  attempt('nope'),
  attempt('./nope'),
  attempt(''),
  attempt(7),
];
