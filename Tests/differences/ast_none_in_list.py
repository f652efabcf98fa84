"""None in the lists of a syntax tree is refused

Area: Source code and syntax trees
Why: CPython expects names, handlers and patterns there, and crashes.
Instead: A tree without ``None`` in its lists.
"""
import ast

tree = ast.parse("global name")
tree.body[0].names = [None]
try:
    compile(tree, "example", "exec")
except ValueError as error:
    print(error)

# Lucid prints:
#     None disallowed in identifier list
#
# CPython 3.11 crashes.
