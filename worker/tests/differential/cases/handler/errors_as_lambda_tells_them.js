class Custom extends Error {
  constructor(message) {
    super(message);
    this.name = 'CustomName';
    this.extra = 1;
  }
}

const ways = {
  error: () => new Error('plain'),
  custom: () => new Custom('own'),
  empty: () => new Error(''),
  string: () => 'just text',
  number: () => 42,
  object: () => ({ a: 1 }),
  shaped: () => ({ name: 'Shaped', message: 'like an error', stack: 'x' }),
  nothing: () => undefined,
  null: () => null,
  aggregate: () => new AggregateError([new Error('inner')], 'many'),
  cause: () => new Error('outer', { cause: new Error('inner') }),
};

exports.handler = (event, context, callback) => {
  const make = ways[event.what];
  if (event.way === 'callback') return callback(make());
  if (event.way === 'fail') return context.fail(make());
  if (event.way === 'throw') throw make();
  return Promise.reject(make());
};
