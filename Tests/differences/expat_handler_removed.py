"""A handler of pyexpat may remove itself with text in the buffer

Area: Library modules
Why: CPython 3.11.2 hands out the same text again, without end.
Instead: Nothing to do.
"""
from xml.parsers import expat

def data(text):
    seen.append(text)
    parser.CharacterDataHandler = None

seen = []
parser = expat.ParserCreate()
parser.buffer_text = True
parser.CharacterDataHandler = data
try:
    parser.Parse("<a>one<b/>two</a>", True)
except RecursionError:
    seen = "RecursionError"
print(seen)

# Lucid prints:
#     ['onetwo']
#
# CPython 3.11 prints:
#     RecursionError
