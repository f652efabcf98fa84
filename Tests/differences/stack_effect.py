"""The stack effect of opcode -1 is an error

Area: Library modules
Why: It is none that bytecode can have; CPython looks it up as one of the compiler's
    own.
Instead: Nothing to do.
"""
import dis

try:
    print(dis.stack_effect(-1))
except ValueError as error:
    print(error)

# Lucid prints:
#     invalid opcode or oparg
#
# CPython 3.11 prints:
#     1
