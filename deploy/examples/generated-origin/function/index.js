'use strict';

// Origin-request: runs when the cache does not have the object. A response returned here takes
// the place of the origin's, and is cached like it.

exports.handler = async (event) => {
  const { config, request } = event.Records[0].cf;
  const year = /^\/report\/(\d{4})$/.exec(request.uri);
  if (!year) {
    return answer('404', 'Not Found', 10, { error: 'write /report/YEAR' });
  }
  console.log(`report of ${year[1]} computed`);
  return answer('200', 'OK', 60, { year: Number(year[1]), computedBy: config.requestId });
};

function answer(status, statusDescription, seconds, value) {
  return {
    status,
    statusDescription,
    headers: {
      'content-type': [{ key: 'Content-Type', value: 'application/json' }],
      'cache-control': [{ key: 'Cache-Control', value: `max-age=${seconds}` }],
    },
    body: JSON.stringify(value) + '\n',
  };
}
