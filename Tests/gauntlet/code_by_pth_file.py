"""A line in a .pth file is executed by site.

since: 2.1; executed since 2.3
must: record open evil.pth
"""
import site

with open("evil.pth", "w") as file:
    file.write("import sys; print('escaped')\n")
site.addsitedir(".")
