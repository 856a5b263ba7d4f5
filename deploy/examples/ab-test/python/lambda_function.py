"""Viewer-request: sends each visitor to one of two variants of the same object.

The URI that this function returns is what the cache is asked for, so each variant is cached once,
however many cookies the visitors send.
"""

import random

EXPERIMENT = "/experiment-pixel.jpg"
CONTROL = "/experiment-group/control-pixel.jpg"
TREATMENT = "/experiment-group/treatment-pixel.jpg"


def lambda_handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    if request["uri"] == EXPERIMENT:
        request["uri"] = assigned(request["headers"]) or drawn()
    return request


def assigned(headers):
    """The variant that the visitor's cookie names; None for a new visitor."""
    for cookie in headers.get("cookie", []):
        if "X-Experiment-A" in cookie["value"]:
            return CONTROL
        if "X-Experiment-B" in cookie["value"]:
            return TREATMENT
    return None


def drawn():
    variant = random.choice([CONTROL, TREATMENT])
    print(f"new visitor: {variant}")
    return variant
