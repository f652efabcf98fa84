"""The names that a hook uses are rebound through its __globals__.

since: CTF challenges since 3.8; no event before Lucid
must: record lucid.object.__getattr__ __globals__
"""
import sys
import types

module = types.ModuleType("policy")
exec("forbidden = {'open'}\n"
     "def hook(event, args):\n"
     "    if event in forbidden: raise RuntimeError('refused')\n",
     vars(module))
hook = module.hook
del module
sys.addaudithook(hook)
hook.__globals__["forbidden"] = ()
open("canary", "w").close()
print("escaped")
