def handler(event, context):
    event["changed"] = True
