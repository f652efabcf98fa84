"""Write the Unicode tables of the runtime.

    python3 Tools/unicode/makeucd.py [/usr/share/unicode] [source root]

Reads the files of Debian's unicode-data package (Unicode 15), drops what is
younger than VERSION by DerivedAge.txt, undoes the few changes
of older characters (LATER_LOWERCASE), and writes

    Objects/unicodetype_db.h      what str needs (Objects/unicodectype.c)
    Modules/unicodedata_db.h      properties, decompositions, 3.2.0
    Modules/unicodename_db.h      names

`ucd_3_2_0.txt` beside this file lists what differed in Unicode 3.2.0.
"""

import bz2
import os
import re
import sys
from fractions import Fraction

VERSION = (14, 0)
HERE = os.path.dirname(os.path.abspath(__file__))

CATEGORIES = ["Cn", "Lu", "Ll", "Lt", "Mn", "Mc", "Me", "Nd", "Nl", "No",
              "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Lm", "Lo", "Pc",
              "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"]
BIDIRECTIONAL = ["", "L", "LRE", "LRO", "R", "AL", "RLE", "RLO", "PDF", "EN",
                 "ES", "ET", "AN", "CS", "NSM", "BN", "B", "S", "WS", "ON",
                 "LRI", "RLI", "FSI", "PDI"]
WIDTHS = ["F", "H", "W", "Na", "A", "N"]
FLAGS = ["ALPHA", "DECIMAL", "DIGIT", "LOWER", "LINEBREAK", "SPACE", "TITLE",
         "UPPER", "XID_START", "XID_CONTINUE", "PRINTABLE", "NUMERIC",
         "CASE_IGNORABLE", "CASED", "EXTENDED_CASE"]
FLAG = {name: 1 << i for i, name in enumerate(FLAGS)}
FORMS = ["NFD", "NFKD", "NFC", "NFKC"]
SIZE = 0x110000

# Characters which became Lowercase, and thereby Cased, after VERSION.
LATER_LOWERCASE = {0x10FC, 0xA7F2, 0xA7F3, 0xA7F4, 0xAB69}

CJK_PREFIX = "CJK UNIFIED IDEOGRAPH-"


class Char:
    def __init__(self, fields):
        self.name = fields[1]
        self.category = fields[2]
        self.combining = int(fields[3] or 0)
        self.bidi = fields[4]
        self.decomposition = fields[5]
        self.decimal = fields[6]
        self.digit = fields[7]
        self.numeric = fields[8]
        self.mirrored = fields[9] == "Y"
        self.upper = int(fields[12], 16) if fields[12] else None
        self.lower = int(fields[13], 16) if fields[13] else None
        self.title = int(fields[14], 16) if fields[14] else None


def rows(folder, name):
    """The fields of each line of a data file, without comments."""
    path = os.path.join(folder, name)
    opener = bz2.open if path.endswith(".bz2") else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                separator = "\t" if "Unihan" in name else ";"
                yield [field.strip() for field in line.split(separator)]


def code_range(text):
    first, _, last = text.partition("..")
    return range(int(first, 16), int(last or first, 16) + 1)


def read_property(folder, name, wanted=None, column=1):
    """Map property name -> set of code points."""
    result = {}
    for fields in rows(folder, name):
        if wanted is None or fields[column] in wanted:
            result.setdefault(fields[column], set()).update(
                code_range(fields[0]))
    return result


class Database:
    def __init__(self, folder):
        self.age = {}
        for codes, version in rows(folder, "DerivedAge.txt"):
            version = tuple(map(int, version.split(".")))
            for code in code_range(codes):
                self.age[code] = version
        self.chars = {}
        self.ranges = []
        first = None
        for fields in rows(folder, "UnicodeData.txt"):
            code = int(fields[0], 16)
            if fields[1].endswith(", First>"):
                first = code
            elif fields[1].endswith(", Last>"):
                self.add_range(first, code, fields)
            else:
                self.add(code, fields)
        self.derived = read_property(folder, "DerivedCoreProperties.txt")
        self.breaks = set().union(*read_property(
            folder, "LineBreak.txt", {"BK", "CR", "LF", "NL"}).values())
        self.widths = {}
        for codes, width in rows(folder, "EastAsianWidth.txt"):
            for code in code_range(codes):
                self.widths[code] = width
        self.read_casing(folder)
        self.read_unihan(folder)
        self.read_normalization(folder)
        self.read_names(folder)
        for name in ("Lowercase", "Cased"):
            self.derived[name] -= LATER_LOWERCASE

    def known(self, code):
        return self.age.get(code, (99,)) <= VERSION

    def add(self, code, fields):
        if self.known(code):
            self.chars[code] = Char(fields)

    def add_range(self, first, last, fields):
        name = fields[1][1:].split(",")[0]
        known = [code for code in range(first, last + 1) if self.known(code)]
        for code in known:
            char = self.chars[code] = Char(fields)
            char.name = ""
        if name.startswith("CJK Ideograph") and known:
            self.ranges.append((known[0], known[-1]))

    def read_casing(self, folder):
        def codes(text):
            return [int(code, 16) for code in text.split()]
        self.special = {}
        for fields in rows(folder, "SpecialCasing.txt"):
            if not (len(fields) > 4 and fields[4]):
                self.special[int(fields[0], 16)] = (
                    codes(fields[1]), codes(fields[2]), codes(fields[3]))
        self.folding = {}
        for fields in rows(folder, "CaseFolding.txt"):
            if fields[1] in "CF":
                self.folding[int(fields[0], 16)] = codes(fields[2])

    def read_unihan(self, folder):
        for code, tag, value in rows(folder, "Unihan_NumericValues.txt.bz2"):
            code = int(code[2:], 16)
            if code in self.chars and tag in (
                    "kAccountingNumeric", "kPrimaryNumeric", "kOtherNumeric"):
                self.chars[code].numeric = value.split()[0].replace(",", "")

    def read_normalization(self, folder):
        self.quick = {}
        self.excluded = set()
        for fields in rows(folder, "DerivedNormalizationProps.txt"):
            if fields[1] == "Full_Composition_Exclusion":
                self.excluded.update(code_range(fields[0]))
            elif fields[1].endswith("_QC"):
                shift = FORMS.index(fields[1][:-3]) * 2
                value = {"N": 2, "M": 1}[fields[2]]
                for code in code_range(fields[0]):
                    self.quick[code] = self.quick.get(code, 0) | value << shift
        self.corrections = {
            int(row[0], 16): int(row[1], 16)
            for row in rows(folder, "NormalizationCorrections.txt")
            if row[3] in ("3.2.0", "4.0.0") and int(row[0], 16) >= 0x2F800}

    def read_names(self, folder):
        self.aliases = [(name, int(code, 16)) for code, name, _ in
                        rows(folder, "NameAliases.txt")
                        if self.known(int(code, 16))]
        self.sequences = []
        for name, codes in rows(folder, "NamedSequences.txt"):
            codes = [int(code, 16) for code in codes.split()]
            if all(map(self.known, codes)):
                self.sequences.append((name, codes))


def split_bins(table):
    """The two-stage table with the smallest total: (shift, first, second)."""
    best = None
    for shift in range(4, 10):
        size = 1 << shift
        blocks, first, second = {}, [], []
        for start in range(0, SIZE, size):
            block = tuple(table[start:start + size])
            if block not in blocks:
                blocks[block] = len(blocks)
                second.extend(block)
            first.append(blocks[block])
        total = (len(first) * (2 if max(first) > 255 else 1) +
                 len(second) * (2 if max(second) > 255 else 1))
        if best is None or total < best[0]:
            best = total, shift, first, second
    return best[1:]


class Writer:
    def __init__(self, path, database):
        self.file = open(path, "w")
        self.file.write(
            "/* Generated by Tools/unicode/makeucd.py from unicode-data, "
            "limited to %d.%d. */\n" % VERSION)

    def line(self, text):
        self.file.write(text + "\n")

    def array(self, kind, name, values, width=76):
        self.line("\nstatic const %s %s[] = {" % (kind, name))
        line = "   "
        for value in values:
            text = " %s," % (value,)
            if len(line) + len(text) > width:
                self.line(line)
                line = "   "
            line += text
        self.line(line)
        self.line("};")

    def integers(self, name, values):
        top = max(values)
        kind = ("unsigned char" if top < 256 else
                "unsigned short" if top < 65536 else "unsigned int")
        self.array(kind, name, values)

    def bins(self, name, table):
        shift, first, second = split_bins(table)
        self.line("\n#define %s_SHIFT %d" % (name.upper(), shift))
        self.integers(name + "_index1", first)
        self.integers(name + "_index2", second)


def type_record(database, code, char, extra):
    derived = database.derived

    def has(name):
        return code in derived[name]
    flags = 0
    if char.category in ("Lm", "Lt", "Lu", "Ll", "Lo"):
        flags |= FLAG["ALPHA"]
    if has("Lowercase"):
        flags |= FLAG["LOWER"]
    if has("Uppercase"):
        flags |= FLAG["UPPER"]
    if code in database.breaks or char.bidi == "B":
        flags |= FLAG["LINEBREAK"]
    if char.category == "Zs" or char.bidi in ("WS", "B", "S"):
        flags |= FLAG["SPACE"]
    if char.category == "Lt":
        flags |= FLAG["TITLE"]
    if has("XID_Start"):
        flags |= FLAG["XID_START"]
    if has("XID_Continue"):
        flags |= FLAG["XID_CONTINUE"]
    if code == 32 or char.category[0] not in "CZ":
        flags |= FLAG["PRINTABLE"]
    if has("Cased"):
        flags |= FLAG["CASED"]
    if has("Case_Ignorable"):
        flags |= FLAG["CASE_IGNORABLE"]
    decimal = digit = 0
    if char.decimal:
        flags |= FLAG["DECIMAL"]
        decimal = int(char.decimal)
    if char.digit:
        flags |= FLAG["DIGIT"]
        digit = int(char.digit)
    if char.numeric:
        flags |= FLAG["NUMERIC"]
    upper = char.upper if char.upper is not None else code
    lower = char.lower if char.lower is not None else code
    title = char.title if char.title is not None else upper
    full = list(database.special.get(code, ([lower], [title], [upper])))
    fold = database.folding.get(code, [code])
    if full != [[lower], [title], [upper]] or fold != [lower]:
        flags |= FLAG["EXTENDED_CASE"]
        # What a single character becomes is the start of the full mapping.
        group = (full[2][0], full[0][0], full[1][0],
                 len(full[2]) | len(full[0]) << 8 | len(full[1]) << 16 |
                 len(fold) << 24, *full[2], *full[0], *full[1], *fold)
        index = len(extra)
        extra.extend(group)
        return flags, decimal, digit, index, 0, 0
    return (flags, decimal, digit, upper - code, lower - code, title - code)


def write_types(database, path):
    writer = Writer(path, database)
    records, extra, table = {(0, 0, 0, 0, 0, 0): 0}, [], []
    numeric = {}
    for code in range(SIZE):
        char = database.chars.get(code)
        if char is None:
            table.append(0)
            continue
        record = type_record(database, code, char, extra)
        table.append(records.setdefault(record, len(records)))
        if char.numeric:
            numeric.setdefault(Fraction(char.numeric), []).append(code)
    writer.array("UCDRecord", "ucd_records", [
        "{0x%x, %d, %d, %d, %d, %d}" % record for record in records])
    writer.bins("ucd", table)
    writer.array("Py_UCS4", "ucd_case_extra",
                 ["0x%x" % value for value in extra])
    pairs = sorted((code, value) for value, codes in numeric.items()
                   for code in codes)
    runs = []
    for code, value in pairs:
        # Runs of n, n + 1, n + 2, ... and of equal values.
        if runs and runs[-1][1] + 1 == code:
            first, last, start, step = runs[-1]
            count = code - first
            steps = [step] if step is not None else [0, 1]
            for candidate in steps:
                if start + candidate * count == value:
                    runs[-1] = (first, code, start, candidate)
                    break
            else:
                runs.append((code, code, value, None))
        else:
            runs.append((code, code, value, None))
    writer.array("UCDNumericRun", "ucd_numeric_runs", [
        "{0x%x, 0x%x, %d, %d, %d.0}" % (
            first, last, step or 0, start.denominator, start.numerator)
        for first, last, start, step in runs])


def write_data(database, path):
    writer = Writer(path, database)
    old = {}
    for codes, *fields in rows(HERE, "ucd_3_2_0.txt"):
        for code in code_range(codes):
            old[code] = fields
    records, table = {(0, 0, 0, 0, 0, 0, 0, 0): 0}, []
    for code in range(SIZE):
        char = database.chars.get(code)
        width = WIDTHS.index(database.widths.get(code, "N") if char else "F")
        quick = database.quick.get(code, 0)
        if char is None:
            record = 0, 0, 0, 0, width, 0, 0, 0
        else:
            record = (CATEGORIES.index(char.category), char.combining,
                      BIDIRECTIONAL.index(char.bidi), int(char.mirrored),
                      width, quick, int(database.age[code] <= (3, 2)),
                      int(code in old))
        table.append(records.setdefault(record, len(records)))
    writer.array("char *const", "ucd_category_names",
                 ['"%s"' % name for name in CATEGORIES])
    writer.array("char *const", "ucd_bidirectional_names",
                 ['"%s"' % name for name in BIDIRECTIONAL])
    writer.array("char *const", "ucd_width_names",
                 ['"%s"' % name for name in WIDTHS])
    writer.array("UCDPropertyRecord", "ucd_properties", [
        "{%d, %d, %d, %d, %d, %d, %d, %d}" % record for record in records])
    writer.bins("ucd_property", table)
    writer.array("UCDOldRecord", "ucd_old_records", [
        "{0x%x, %d, %d, %s, %d, %s}" % (
            code, CATEGORIES.index(f[0]), BIDIRECTIONAL.index(f[1]), f[2],
            WIDTHS.index(f[3]), "-1" if f[4] == "-" else f[4])
        for code, f in sorted(old.items())])
    write_decompositions(writer, database)


def write_decompositions(writer, database):
    prefixes, data, seen, table = [""], [0], {(): 0}, []
    pairs = []
    for code in range(SIZE):
        char = database.chars.get(code)
        if char is None or not char.decomposition:
            table.append(0)
            continue
        fields = char.decomposition.split()
        prefix = fields.pop(0) if fields[0].startswith("<") else ""
        codes = [int(field, 16) for field in fields]
        if prefix not in prefixes:
            prefixes.append(prefix)
        if not prefix and len(codes) == 2 and code not in database.excluded:
            pairs.append((codes[0], codes[1], code))
        key = (prefix, *codes)
        if key not in seen:
            seen[key] = len(data)
            data.append(len(codes) << 8 | prefixes.index(prefix))
            data.extend(codes)
        table.append(seen[key])
    writer.array("char *const", "ucd_decomposition_prefixes",
                 ['"%s"' % name for name in prefixes])
    writer.integers("ucd_decomposition_data", data)
    writer.bins("ucd_decomposition", table)
    writer.array("UCDPair", "ucd_compositions", [
        "{0x%x, 0x%x, 0x%x}" % pair for pair in sorted(pairs)])
    writer.array("UCDCorrection", "ucd_old_normalizations", [
        "{0x%x, 0x%x}" % pair
        for pair in sorted(database.corrections.items())])


def write_names(database, path):
    """A name is a run of words.  The commonest 192 words are one byte, the
    others two (192 + high byte, low byte); byte 255 stands for the code point
    in hexadecimal; byte 0 ends the name.  Words end by having bit 7 set."""
    writer = Writer(path, database)
    names = [(code, char.name) for code, char in sorted(
        database.chars.items()) if char.name and char.name[0] != "<"]
    names = [(code, name) for code, name in names]
    tail = SIZE
    entries = list(names)
    entries += [(tail + i, name)
                for i, (name, _) in enumerate(database.aliases)]
    tail_sequences = tail + len(database.aliases)
    entries += [(tail_sequences + i, name)
                for i, (name, _) in enumerate(database.sequences)]

    def tokens(code, name):
        for part in re.findall(r" [^ -]+|-[^ -]+| (?=[ -])|-(?=[ -]|$)|[^ -]+",
                               name):
            if code < SIZE and part[0] == "-" and part[1:] == "%04X" % code:
                yield None
            else:
                yield part
    split = []
    counts = {}
    for code, name in entries:
        parts = list(tokens(code, name))
        assert "".join(part if part is not None else "-%04X" % code
                       for part in parts) == name, name
        split.append(parts)
        for part in parts:
            if part is not None:
                counts[part] = counts.get(part, 0) + 1
    words = sorted(counts, key=lambda word: (-counts[word], word))
    short = 180
    assert len(words) <= short - 1 + (255 - short) * 256
    number = {word: i for i, word in enumerate(words)}
    lexicon, offsets = [], []
    for word in words:
        offsets.append(len(lexicon))
        lexicon.extend(ord(c) for c in word[:-1])
        lexicon.append(ord(word[-1]) | 0x80)
    blob, starts = [], []
    for parts in split:
        starts.append(len(blob))
        for part in parts:
            if part is None:
                blob.append(255)
            elif number[part] < short - 1:
                blob.append(number[part] + 1)
            else:
                index = number[part] - (short - 1)
                blob.extend((short + (index >> 8), index & 255))
        blob.append(0)
    writer.line("\n#define UCD_NAME_SHORT %d" % short)
    writer.line("#define UCD_NAME_COUNT %d" % len(entries))
    writer.line("#define UCD_NAME_CHARACTERS %d" % len(names))
    writer.line("#define UCD_NAME_ALIASES %d" % len(database.aliases))
    writer.integers("ucd_name_lexicon", lexicon)
    writer.integers("ucd_name_word_offsets", offsets)
    writer.integers("ucd_name_blob", blob)
    writer.integers("ucd_name_offsets", starts)
    runs = []
    for i, (code, _) in enumerate(names):
        if runs and runs[-1][1] + 1 == code:
            runs[-1][1] = code
        else:
            runs.append([code, code, i])
    writer.array("UCDNameRun", "ucd_name_runs",
                 ["{0x%x, 0x%x, %d}" % tuple(run) for run in runs])
    order = sorted(range(len(entries)), key=lambda i: entries[i][1])
    writer.integers("ucd_name_order", order)
    writer.array("Py_UCS4", "ucd_name_alias_codes",
                 ["0x%x" % code for _, code in database.aliases])
    writer.array("UCDSequence", "ucd_name_sequences", [
        "{%d, {%s}}" % (len(codes), ", ".join("0x%x" % c for c in codes))
        for _, codes in database.sequences])
    writer.array("UCDIdeographs", "ucd_name_ideographs", [
        "{0x%x, 0x%x}" % pair for pair in sorted(database.ranges)])


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode"
    root = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "../..")
    database = Database(folder)
    write_types(database, os.path.join(root, "Objects/unicodetype_db.h"))
    write_data(database, os.path.join(root, "Modules/unicodedata_db.h"))
    write_names(database, os.path.join(root, "Modules/unicodename_db.h"))


if __name__ == "__main__":
    main()
