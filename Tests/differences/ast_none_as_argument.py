"""An argument without a name in a syntax tree is refused

Area: Source code and syntax trees
Why: CPython expects a name there, and crashes.
Instead: A tree whose arguments have names.
"""
import ast

tree = ast.parse("lambda name: 1", mode="eval")
tree.body.args.args[0].arg = None
try:
    compile(tree, "example", "eval")
except ValueError as error:
    print(error)

# Lucid prints:
#     field 'arg' is required for arg
#
# CPython 3.11 crashes.
