"""The type of the module sys becomes one whose attribute audit is silent.

since: module classes became assignable in 3.5
must: record object.__setattr__ __class__
"""
import sys
import types


class Silent(types.ModuleType):
    def __getattribute__(self, name):
        if name == "audit":
            return lambda *args: None
        return super().__getattribute__(name)


sys.__class__ = Silent
print("escaped" if sys.audit is not sys.__dict__["audit"] else "stopped")
