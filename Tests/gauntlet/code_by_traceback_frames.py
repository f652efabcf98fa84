"""From an exception's frame the globals of a caller are reached.

since: CTF challenges since 2.x
must: record object.__getattr__ tb_frame
"""


def jailed():
    try:
        1 / 0
    except ZeroDivisionError as error:
        names = error.__traceback__.tb_frame.f_back.f_globals
        names["__builtins__"].print("escaped")


jailed()
