"""A callback of a weak reference runs inside the collector.

since: PEP 578
must: record os.mkdir canary
"""
import gc
import os
import weakref


class Node:
    pass


node = Node()
node.itself = node
reference = weakref.ref(node, lambda reference: os.mkdir("canary"))
del node
gc.collect()
print("escaped" if os.path.exists("canary") else "stopped")
