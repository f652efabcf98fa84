"""sys.audit is exchanged in the module's dictionary, past any __setattr__.

since: PEP 578
must: record shutil.copyfile
"""
import shutil
import sys

vars(sys)["audit"] = lambda *args: None
open("source", "w").close()
shutil.copyfile("source", "copy")
print("escaped")
