"""faulthandler writes to a descriptor of choice when the process crashes.

since: 3.3; no event before Lucid
must: record lucid.faulthandler.enable
"""
import faulthandler

with open("canary", "w") as file:
    faulthandler.enable(file)
    print("escaped" if faulthandler.is_enabled() else "stopped")
    faulthandler.disable()
