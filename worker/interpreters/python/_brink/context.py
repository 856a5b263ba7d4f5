"""The `context` of an event, with the names of Lambda's runtime for Python."""

import time


class CognitoIdentity:
    """Nobody has an identity here."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self):
        self.cognito_identity_id = None
        self.cognito_identity_pool_id = None

    def __repr__(self):
        return (
            f"CognitoIdentity([cognito_identity_id={self.cognito_identity_id},"
            f"cognito_identity_pool_id={self.cognito_identity_pool_id}])"
        )


class LambdaContext:
    """What a handler may know of its event and its function."""

    def __init__(self, function, request_id, deadline_ms):
        self.aws_request_id = request_id
        self.log_group_name = function.log_group
        self.log_stream_name = function.log_stream
        self.function_name = function.name
        self.memory_limit_in_mb = function.memory
        self.function_version = function.version
        self.invoked_function_arn = function.arn
        self.tenant_id = None
        self.client_context = None
        self.identity = CognitoIdentity()
        self._deadline_ms = deadline_ms - function.margin
        self._log = function.log

    def get_remaining_time_in_millis(self):
        """Milliseconds until the event is given up; never below 0."""
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def w3c(self):
        """Fields of a trace; there are none."""
        return {}

    def log(self, message):
        """Writes to the log as it is."""
        text = str(message)
        self._log.write("info", text[:-1] if text.endswith("\n") else text)

    def __repr__(self):
        return (
            f"LambdaContext([aws_request_id={self.aws_request_id},log_group_name={self.log_group_name},"
            f"log_stream_name={self.log_stream_name},function_name={self.function_name},"
            f"memory_limit_in_mb={self.memory_limit_in_mb},function_version={self.function_version},"
            f"invoked_function_arn={self.invoked_function_arn},client_context={self.client_context},"
            f"identity={self.identity},tenant_id={self.tenant_id}])"
        )
