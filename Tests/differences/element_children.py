"""The children of an element may be changed by the comparison of a tag

Area: Library modules
Why: CPython goes on with children that are gone.
Instead: Nothing to do.
"""
from xml.etree import ElementTree

class Tag:
    def __eq__(self, other):
        root.clear()
        return False

root = ElementTree.Element("root")
root.extend([ElementTree.Element(Tag()) for _ in range(10)])
print(root.find("tag"), len(root))

# Lucid prints:
#     None 0
#
# CPython 3.11 crashes.
