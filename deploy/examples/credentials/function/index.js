'use strict';

// Viewer-request: passes the visitor's Authorization header on to a service and lets the
// request through if the service says yes. When the service cannot be asked, nobody gets in.

const SERVICE = 'http://127.0.0.1:8081/auth';

exports.handler = async (event) => {
  const request = event.Records[0].cf.request;
  const authorization = request.headers.authorization;
  if (!authorization) {
    return refusal('401', 'Unauthorized', 'name and password, please\n');
  }
  let reply;
  try {
    reply = await fetch(SERVICE, { headers: { authorization: authorization[0].value } });
  } catch (error) {
    return unavailable(error.message);
  }
  if (reply.status >= 500) return unavailable(`it answered ${reply.status}`);
  if (!reply.ok) {
    console.log(`refused: the service answered ${reply.status}`);
    return refusal('401', 'Unauthorized', 'wrong name or password\n');
  }
  const { user } = await reply.json();
  console.log(`let in: ${user}`);
  delete request.headers.authorization;
  return request;
};

function unavailable(reason) {
  console.error(`the credentials service cannot be asked: ${reason}`);
  return refusal('503', 'Service Unavailable', 'please try again later\n');
}

function refusal(status, statusDescription, body) {
  const headers = {
    'content-type': [{ key: 'Content-Type', value: 'text/plain' }],
  };
  if (status === '401') {
    headers['www-authenticate'] = [{ key: 'WWW-Authenticate', value: 'Basic realm="example"' }];
  }
  return { status, statusDescription, headers, body };
}
