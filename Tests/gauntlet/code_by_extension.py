"""Native code is loaded from a file with any name.

since: PEP 578
must: record import ./canary
"""
import importlib.machinery
import importlib.util
import shutil
import sysconfig

folder = sysconfig.get_path("stdlib") + "/lib-dynload/"
shutil.copy(folder + "_crypt" + sysconfig.get_config_var("EXT_SUFFIX"), "canary")
loader = importlib.machinery.ExtensionFileLoader("_crypt", "./canary")
importlib.util.module_from_spec(
    importlib.util.spec_from_loader("_crypt", loader))
print("escaped")
