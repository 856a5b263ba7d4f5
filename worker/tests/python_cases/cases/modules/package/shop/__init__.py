from .tools import deep

NAME = "shop"
__all__ = ["deep"]
