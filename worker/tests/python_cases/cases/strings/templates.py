import string
import textwrap

LONG = "The quick brown fox, which was of a considerable-length-that-is-hyphenated, jumped over   the lazy dog.\n\nA second paragraph."


def handler(event, context):
    template = string.Template("$name owes ${amount}EUR and $$5 to $other")
    return [
        template.safe_substitute(name="Ada", amount=5), template.substitute(name="Ada", amount=5, other="Bob"), textwrap.wrap(LONG, 30),
        textwrap.fill(LONG, 40, initial_indent="* ", subsequent_indent="  "), textwrap.dedent("  a\n    b\n  c"), textwrap.indent("a\n\nb", "> "),
        textwrap.shorten(LONG, 40, placeholder="..."), string.capwords("hello  there you"), string.punctuation, string.Formatter().format("{0!r:>5} {a}", "x", a=1),
    ]
