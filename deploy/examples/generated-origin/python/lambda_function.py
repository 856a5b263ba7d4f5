"""Origin-request: runs when the cache does not have the object. A response returned here takes the
place of the origin's, and is cached like it.
"""

import json
import re


def lambda_handler(event, context):
    cf = event["Records"][0]["cf"]
    year = re.fullmatch(r"/report/([0-9]{4})", cf["request"]["uri"])
    if not year:
        return answer("404", "Not Found", 10, {"error": "write /report/YEAR"})
    print(f"report of {year[1]} computed")
    value = {"year": int(year[1]), "computedBy": cf["config"]["requestId"]}
    return answer("200", "OK", 60, value)


def answer(status, description, seconds, value):
    return {
        "status": status,
        "statusDescription": description,
        "headers": {
            "content-type": [{"key": "Content-Type", "value": "application/json"}],
            "cache-control": [{"key": "Cache-Control", "value": f"max-age={seconds}"}],
        },
        "body": json.dumps(value, separators=(",", ":")) + "\n",
    }
