from . import NAME
from .tools.deep import where


def total(values):
    return f"{NAME} {where()} {sum(values)}"
