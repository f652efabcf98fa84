"""A pickle names the function that it wants called.

since: 1.x
must: record pickle.find_class print
"""
import pickle

pickle.loads(b"cbuiltins\nprint\n(S'escaped'\ntR.")
