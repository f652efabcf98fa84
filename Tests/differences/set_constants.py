"""Functions share equal set constants

Area: Source code and syntax trees
Why: CPython has two objects of some one-letter strings, and then makes the set anew
    for every function.  The marshal data differ in that, and in nothing else.
Instead: Compare code objects, not their marshal data.
"""
code = compile("def one(value): return value in {'x', 'y'}\n"
               "def two(value): return value in {'x', 'y'}, 'more'\n",
               "example", "exec")
one, two = [each.co_consts for each in code.co_consts if hasattr(each, "co_code")]
print(one[1] is two[1])

# Lucid prints:
#     True
#
# CPython 3.11 prints:
#     False
