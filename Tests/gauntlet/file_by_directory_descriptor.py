"""A file is opened relative to a descriptor, by a name that says nothing.

since: 3.3
must: record open canary
"""
import os

os.mkdir("folder")
folder = os.open("folder", os.O_RDONLY)
os.close(os.open("canary", os.O_WRONLY | os.O_CREAT, dir_fd=folder))
print("escaped")
