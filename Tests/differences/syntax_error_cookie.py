"""A SyntaxError in bytes with a declared encoding shows the decoded line

Area: Source code and syntax trees
Why: If it was found in a later line, CPython shows bytes that are not decoded, or at
    times the first line, and counts the columns in those.
Instead: Nothing to do.
"""
try:
    compile(b"# coding: latin-1\n(\n'\xe9' 1\n)\n", "example", "exec")
except SyntaxError as error:
    print(ascii(error.text), error.end_offset)

# Lucid prints:
#     "'\xe9' 1" 6
#
# CPython 3.11 prints:
#     "'\ufffd' 1" 5
