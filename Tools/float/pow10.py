"""Writes Python/pow10_table.c: the powers of ten that Python/dtoa.c works
with, as 128-bit significands, rounded up.

    pow10.py > Python/pow10_table.c
"""

MIN, MAX = -348, 347


def significand(k):
    """ceil(10**k * 2**-(floor(log2(10**k)) - 127))"""
    numerator, denominator = (10**k, 1) if k >= 0 else (1, 10**-k)
    shift = numerator.bit_length() - denominator.bit_length() - 128
    while True:
        n = numerator << max(-shift, 0)
        d = denominator << max(shift, 0)
        value = -(-n // d)
        if n // d >= 1 << 128:
            shift += 1
        elif n // d < 1 << 127:
            shift -= 1
        else:
            return value


def main():
    print("/* Written by Tools/float/pow10.py: powers of ten. */")
    print('#include "float.h"\n')
    print("const pow10_row pow10_table[POW10_MAX - POW10_MIN + 1] = {")
    for k in range(MIN, MAX + 1):
        value = significand(k)
        print(f"    {{{value >> 64:#018x}, {value & (2**64 - 1):#018x}}},"
              f" /* {k} */")
    print("};")


main()
