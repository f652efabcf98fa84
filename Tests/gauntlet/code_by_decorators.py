"""exec and input, called by decoration alone, run what stands on standard input.

since: CTF challenges since 2020
must: record builtins.input
"""


@exec
@input
class X:
    pass
