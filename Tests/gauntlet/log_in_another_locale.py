"""The program's locale would put commas into the numbers of a log.

since: Lucid's own log
must: record os.mkdir canary
"""
import locale
import os

for name in "de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8":
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        pass
os.mkdir("canary")
print("escaped")
