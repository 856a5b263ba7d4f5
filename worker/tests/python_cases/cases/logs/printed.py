import sys

print("at load")


def handler(event, context):
    print("a", 1, None, sep="-")
    print("two\nlines")
    print("no end", end="")
    print(" yes")
    print("ü😀\t|", flush=True)
    sys.stdout.write("written\n")
    sys.stdout.writelines(["x\n", "y\n"])
    print("to stderr", file=sys.stderr)
    print(*range(5), sep="")
    print(f"{'long ' * 100}".strip())
