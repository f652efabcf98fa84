"""The events of the library cannot be silenced by an assignment to sys.audit

Area: Auditing
Why: The code that an event is about could do it.
Instead: Nothing to do.  The assignment holds for code outside of the library.
"""
import glob
import sys

def hook(event, args):
    if event == "glob.glob":
        print(event, args)

sys.addaudithook(hook)
sys.audit = lambda *args: None
glob.glob("nothing")
print("end")

# Lucid prints:
#     glob.glob ('nothing', False)
#     end
#
# CPython 3.11 prints:
#     end
