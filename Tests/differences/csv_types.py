"""The types of CSV readers and writers cannot be called or subclassed

Area: Library modules
Why: CPython makes an object that is of no use.
Instead: ``csv.reader`` and ``csv.writer``, which are functions.
"""
import csv

try:
    print(type(type(csv.reader([]))()).__name__)
except TypeError as error:
    print(error)

# Lucid prints:
#     cannot create '_csv.reader' instances
#
# CPython 3.11 prints:
#     reader
