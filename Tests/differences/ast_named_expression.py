"""The target of a named expression in a syntax tree is checked

Area: Source code and syntax trees
Why: CPython crashes, or makes code that does.
Instead: A ``Name`` with the context ``Store``.
"""
import ast

tree = ast.parse("[(name := item) for item in items]", mode="eval")
tree.body.elt.target = ast.ListComp(ast.Name("a", ast.Load()), [])
ast.fix_missing_locations(tree)
try:
    compile(tree, "example", "eval")
except ValueError as error:
    print(error)

# Lucid prints:
#     expression which can't be assigned to in Store context
#
# CPython 3.11 crashes.
