"""Viewer-request: /hero.svg becomes /hero/phone.svg, /hero/tablet.svg or /hero/desktop.svg.

Three objects are cached, not one per User-Agent: the header itself is in no cache key.
"""

import re


def lambda_handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    agents = request["headers"].get("user-agent")
    device = device_of(agents[0]["value"] if agents else "")
    request["uri"] = re.sub(r"\.svg\Z", f"/{device}.svg", request["uri"])
    return request


def device_of(agent):
    # Android says "Mobile" on phones only, so tablets are what remains of it.
    if re.search(r"iPad|Tablet|Android(?!.*Mobile)", agent):
        return "tablet"
    if re.search(r"iPhone|iPod|Android|Mobile", agent):
        return "phone"
    return "desktop"
