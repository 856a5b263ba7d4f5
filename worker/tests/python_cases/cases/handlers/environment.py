import os


def handler(event, context):
    os.environ["OWN"] = "set here"
    return [os.environ["OWN"], os.getenv("NOT_SET", "default"), os.environ.get("TZ"), os.getcwd() == os.path.dirname(os.path.abspath(__file__)), os.path.basename(__file__), os.sep, os.linesep, os.name, "PATH" in os.environ]
