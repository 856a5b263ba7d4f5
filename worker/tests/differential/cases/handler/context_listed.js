// `context` as functions log and copy it.
exports.handler = async (event, context) => {
  const copy = { ...context };
  return {
    first: Object.keys(context)[0],
    enumerable: ['getRemainingTimeInMillis', 'functionName', 'awsRequestId', 'done'].map((name) => Object.keys(context).includes(name)),
    copied: typeof copy.getRemainingTimeInMillis(),
    waits: JSON.parse(JSON.stringify(context)).callbackWaitsForEmptyEventLoop,
  };
};
