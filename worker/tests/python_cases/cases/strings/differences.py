import difflib


def handler(event, context):
    a, b = ["one", "two", "three", "four"], ["zero", "one", "three", "five"]
    return [list(difflib.unified_diff(a, b, "a", "b", lineterm="")), list(difflib.ndiff(a, b)), difflib.get_close_matches("appel", ["ape", "apple", "peach", "puppy"]), round(difflib.SequenceMatcher(None, "abcd", "bcde").ratio(), 6)]
