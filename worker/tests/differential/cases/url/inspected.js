const util = require('util');

exports.handler = async () => {
  console.log(new URL('http://u:p@h:81/a?b=1&c=x y#d'));
  console.log(new URLSearchParams('a=1&b=2'), new URLSearchParams());
  return {
    url: util.inspect(new URL('https://a/')),
    nested: util.inspect({ a: { b: new URL('https://a/?x=1') } }, { depth: 1 }),
    params: util.inspect(new URLSearchParams('a=1&a=2&long=' + 'x'.repeat(80))),
    legacy: util.inspect(require('url').parse('http://h/p?q')),
  };
};
