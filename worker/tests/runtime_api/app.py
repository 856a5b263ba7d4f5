"""Handlers for awslambdaric, Lambda's own client for Python."""

import decimal
import logging
import os


def handler(event, context):
    print("one", context.aws_request_id)
    logging.warning("two")
    do = event["do"]
    if do == "raise":
        raise ValueError("no: \u00e4")
    if do == "exit":
        os._exit(9)
    if do == "large":
        return "x" * event["length"]
    if do == "stream":
        return {1, 2}
    return {
        "event": event,
        "name": context.function_name,
        "version": context.function_version,
        "memory": context.memory_limit_in_mb,
        "arn": context.invoked_function_arn,
        "group": context.log_group_name,
        "left": context.get_remaining_time_in_millis() > 0,
        "decimal": decimal.Decimal("1.50"),
        "text": "\u00e4\U0001f600",
        "root": os.environ["LAMBDA_TASK_ROOT"],
        "trace": os.environ["_X_AMZN_TRACE_ID"].startswith("Root=1-"),
    }
