'use strict';

// Viewer-request: answers by itself that a page has moved. No cache and no origin is asked.

exports.handler = async (event) => {
  const { uri, querystring } = event.Records[0].cf.request;
  const query = querystring ? `?${querystring}` : '';
  return {
    status: '302',
    statusDescription: 'Found',
    headers: {
      location: [{ key: 'Location', value: `/new${uri.slice('/old'.length)}${query}` }],
      'cache-control': [{ key: 'Cache-Control', value: 'max-age=3600' }],
    },
  };
};
