import copy
import pickle
import weakref


class Node:
    def __init__(self, name, children=()):
        self.name, self.children, self.parent = name, list(children), None
        for child in self.children:
            child.parent = self

    def __eq__(self, other):
        return self.name == other.name and self.children == other.children


def handler(event, context):
    tree = Node("root", [Node("a"), Node("b", [Node("c")])])
    deep, shallow, thawed = copy.deepcopy(tree), copy.copy(tree), pickle.loads(pickle.dumps(tree))
    reference = weakref.ref(deep)
    found = [deep == tree, deep.children[0] is tree.children[0], shallow.children is tree.children, thawed == tree, thawed.children[1].children[0].parent is thawed.children[1], reference() is deep]
    for child in deep.children:
        child.parent = None
    del deep, child
    found.append(reference() is None)
    try:
        pickle.dumps(lambda: 1)
    except Exception as error:
        found.append(type(error).__name__)
    return found
