'use strict';

// Preloaded into Lambda's own client for Node.js: takes the place of its native part, which would
// have to be compiled. Events come from the file RIC_EVENTS, outcomes go to the file RIC_OUTCOMES.

const fs = require('node:fs');
const Module = require('node:module');

const events = JSON.parse(fs.readFileSync(process.env.RIC_EVENTS, 'utf8'));
const outcomes = fs.openSync(process.env.RIC_OUTCOMES, 'a');
const write = (kind, body) => fs.writeSync(outcomes, JSON.stringify([kind, body]) + '\n');
const exit = process.reallyExit.bind(process);
const load = Module._load;
let number = 0;

const client = {
  initializeClient() {},
  next() {
    if (number === events.length) exit(0);
    const event = events[number];
    number += 1;
    return {
      bodyJson: JSON.stringify(event),
      headers: {
        'lambda-runtime-aws-request-id': `request-${number}`,
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:greeter:3',
        'lambda-runtime-deadline-ms': Date.now() + 30000,
      },
    };
  },
  done: (id, body) => write('done', body),
  error: (id, body) => write('failed', body),
};

Module._load = function (request, ...rest) {
  return request.endsWith('rapid-client.node') ? client : load.call(this, request, ...rest);
};
