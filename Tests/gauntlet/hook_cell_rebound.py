"""The cell in which a hook keeps its state is rebound.

since: CTF challenges since 3.8; no event before Lucid
must: record lucid.object.__getattr__ __closure__
"""
import sys


def install():
    forbidden = ["open"]

    def hook(event, args):
        if event in forbidden:
            raise RuntimeError("refused")
    sys.addaudithook(hook)
    return hook


hook = install()
hook.__closure__[0].cell_contents = []
open("canary", "w").close()
print("escaped")
