"""Viewer-request: who comes from a known bot's address is sent to images/lowest/."""

import re

BOTS = {"crawler.example.net", "bot.example.org", "spider.example.com"}


def lambda_handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    if is_bot(request["headers"].get("referer")):
        request["uri"] = re.sub(r"^/images/(?!lowest/)", "/images/lowest/", request["uri"])
    return request


def is_bot(referers):
    host = re.match(r"https?://([^/:?#]+)", referers[0]["value"] if referers else "", re.IGNORECASE)
    return host is not None and host[1].lower() in BOTS
