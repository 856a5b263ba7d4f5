exports.handler = async (event, context) => ({
  id: context.awsRequestId,
  name: context.functionName,
  memory: context.memoryLimitInMB,
  version: context.functionVersion,
  waits: context.callbackWaitsForEmptyEventLoop,
  remaining: context.getRemainingTimeInMillis() > 1000,
  types: ['done', 'fail', 'succeed', 'getRemainingTimeInMillis'].map((key) => typeof context[key]),
});
