def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    if request["headers"].get("x-beta", [{"value": ""}])[0]["value"] == "1":
        domain = "beta.example.com"
        request["origin"] = {
            "custom": {
                "customHeaders": {"x-from": [{"key": "X-From", "value": "edge"}]}, "domainName": domain, "keepaliveTimeout": 5, "path": "/beta", "port": 443, "protocol": "https", "readTimeout": 5, "sslProtocols": ["TLSv1.2"],
            }
        }
        request["headers"]["host"] = [{"key": "host", "value": domain}]
    return request
