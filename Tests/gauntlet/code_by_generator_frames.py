"""From a generator's frame the names of its callers are reached.

since: CTF challenges since 3.x
must: record object.__getattr__ gi_frame
"""


def jailed():
    generator = (generator.gi_frame.f_back.f_back for _ in [1])
    frame = [*generator][0]
    frame.f_builtins["print"]("escaped")


jailed()
