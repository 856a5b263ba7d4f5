'use strict';

// Viewer-request: sends each visitor to one of two variants of the same object.
//
// The URI that this function returns is what the cache is asked for, so each variant is
// cached once, however many cookies the visitors send.

const EXPERIMENT = '/experiment-pixel.jpg';
const CONTROL = '/experiment-group/control-pixel.jpg';
const TREATMENT = '/experiment-group/treatment-pixel.jpg';

exports.handler = (event, context, callback) => {
  const request = event.Records[0].cf.request;
  if (request.uri === EXPERIMENT) {
    request.uri = assigned(request.headers) || drawn();
  }
  callback(null, request);
};

// The variant that the visitor's cookie names; null for a new visitor.
function assigned(headers) {
  for (const { value } of headers.cookie || []) {
    if (value.includes('X-Experiment-A')) return CONTROL;
    if (value.includes('X-Experiment-B')) return TREATMENT;
  }
  return null;
}

function drawn() {
  const variant = Math.random() < 0.5 ? CONTROL : TREATMENT;
  console.log(`new visitor: ${variant}`);
  return variant;
}
