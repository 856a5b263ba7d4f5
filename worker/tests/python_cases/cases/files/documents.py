import configparser
import io
import plistlib
import tomllib
import xml.etree.ElementTree as ET


def handler(event, context):
    root = ET.fromstring("<shop xmlns:x='urn:x'><item id='1'>tea &amp; cake</item><x:note/>tail<!-- c --></shop>")
    ET.SubElement(root, "new", {"a": 'q"<'}).text = "ü<"
    config = configparser.ConfigParser()
    config.read_string("[a]\nx = 1\ny = %(x)s2\n[b]\nflag: yes\n")
    found = [ET.tostring(root, "unicode"), [e.tag for e in root.iter()], root.find("item[@id='1']").text, config["a"]["y"], config.getboolean("b", "flag"), config.sections(), tomllib.loads("a = 1\n[t]\nb = [1.5, 'x']\nd = true"), plistlib.loads(plistlib.dumps({"a": [1, "ü"]}))]
    for action in (lambda: ET.fromstring("<a><b></a>"), lambda: tomllib.loads("a = "), lambda: config.read_string("nonsense"), lambda: config["a"]["zz"]):
        try:
            action()
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found
