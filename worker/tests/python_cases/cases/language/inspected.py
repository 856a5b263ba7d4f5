import ast
import dis
import inspect
import typing


def area(width: float, height: float = 1.0, *rest: int, unit: str = "m", **more) -> float:
    """The area.

    Of a rectangle.
    """
    return width * height


class Box(typing.NamedTuple):
    width: int
    label: typing.Optional[str] = None


def handler(event, context):
    tree = ast.parse("x = 1 + 2 * y")
    return [str(inspect.signature(area)), inspect.getdoc(area), inspect.getsource(area).count("\n"), typing.get_type_hints(area)["unit"].__name__, ast.dump(tree.body[0].value), ast.unparse(tree), ast.literal_eval("{'a': [1, (2, None)]}"), eval(compile("6 * 7", "<own>", "eval")), Box(1)._fields, Box.__annotations__["width"].__name__, [i.opname for i in dis.get_instructions(lambda: None)][-1], __name__, area.__qualname__, handler.__code__.co_varnames[:2], inspect.currentframe().f_code.co_name]
