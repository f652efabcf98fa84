"""os.system is reached from object, without an import or a global name.

since: CTF challenges since 2.x
must: record os.system echo
"""
for cls in object.__subclasses__():
    if cls.__name__ == "_wrap_close":
        cls.__init__.__globals__["system"]("echo escaped")
