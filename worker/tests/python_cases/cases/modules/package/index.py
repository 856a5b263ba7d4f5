import importlib
import importlib.resources
import os
import pkgutil
import sys

import shop
from shop import prices
from shop.tools import deep as renamed


def handler(event, context):
    late = importlib.import_module("shop.late")
    return [shop.NAME, prices.total([1, 2]), renamed.where(), late.VALUE, sorted(m.name for m in pkgutil.walk_packages(shop.__path__, "shop.")), importlib.resources.files("shop").joinpath("data.json").read_text(), "shop.late" in sys.modules, os.path.basename(shop.__file__), shop.tools.deep is renamed, open("shop/data.json").read().strip(), prices.__package__, hasattr(shop, "circular")]
