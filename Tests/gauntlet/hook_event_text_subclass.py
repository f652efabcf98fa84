"""The name of an event is a str whose methods lie to the hook.

since: PEP 578
must: stop
"""
import sys


class Liar(str):
    def __eq__(self, other):
        return False

    def __hash__(self):
        return 0

    def startswith(self, prefix):
        return False


def hook(event, args):
    heard.append((type(event), event))


heard = []
sys.addaudithook(hook)
sys.audit(Liar("sensitive"))
print("stopped" if (str, "sensitive") in heard else "escaped")
