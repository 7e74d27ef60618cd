"""Which damages may never be taken as if nothing were wrong: the file, or one row more than before, is refused."""

from __future__ import annotations

_NAMES = """
    empty the file;random bytes instead;a broken link instead;lose the first bytes;in UTF-16;line ends of old Macs;
    a NUL in a row;a bare carriage return;an open quote;a formula;a full-width formula;a cell too many;a cell too few;
    another delimiter;a column missing;a column twice;header in capitals;header reversed;a huge field;a blank row;
    rows without end;header again in the middle;an empty first cell;two byte order marks;a column renamed;
    a name that climbs;an absolute name;a name of Windows;a nested archive;an archive under another ending;
    a member of another kind;a picture;an empty member;a small bomb;members are links;a member said to be encrypted;
    a size that lies upward;a size that lies downward;a check sum that lies;a place that lies;a rare packing;
    text instead of an archive;a member again under its name;a document cut;an empty document;
    a document twice in a member;a document in UTF-16;a NUL in a document;a document of 9 MiB;
    a member again under another name;every member twice;a file twice;a file twice under any name;
    a suffix renamed;a file of another kind;an empty folder;no folder;a file for the folder;
    a stray file .DS_Store;a stray file readme.md;a named pipe;
    a key twice;NaN;infinity by size;a number of 6,000 digits;deep nesting;nesting without end;a list for an object;
    a string for a list;an object for a string;no report number;a report number of letters;a report number with zeros;
    an address with leading zeros;an address above 255;an address as a number;no address;a date that is none;
    a date with another zone;an unknown kind of incident;a document type;an entity of the file system;
    entities that multiply;an entity nobody declared;a reference to NUL;another encoding declared;
    an encoding of mainframes;an open element;two receipts;two numbers;an element where text should be;another root;
    a namespace;no receipt;an address twice;
    a heading repeated;a heading as a number;a formula in a cell;a web formula in a cell;an error in a cell;
    a value beyond the headings;a sheet twice;a 0/1 column deleted;
    a document type in a sheet;an entity in a sheet;an open element in a sheet;two rows of one number;a row far down;
    a row without number;two cells of one place;a cell of another row;a cell of an unknown type;
    a value in the wrong element;two values in a cell;a string that is not there;no content types;no workbook part;
    macros;a link to a file;an embedded program;a bomb within;a nested archive within;a part twice;
    fewer records announced;another separator;an address above 255;a country that is none;a range too long;
    a status that is none
    """
MUST_BE_REFUSED = frozenset(name.strip() for name in _NAMES.replace("\n", " ").split(";"))
"""Names of kinds of damage, whatever the format."""

HARMLESS: dict[str, frozenset[str]] = {
    # Blank lines, comments and further fields are part of the format; another version number may be left over.
    "delegations": frozenset(("a bare carriage return", "a blank row", "a huge field", "lose the first bytes")),
    # Sheets and cells of a form that are not read.
    "case-review-form": frozenset(
        ("a sheet twice", "a formula in a cell", "a web formula in a cell", "an error in a cell", "a heading repeated")
    ),
    # Its middle column stays where it was, and the others hold free tokens.
    "interviews": frozenset(("header reversed",)),
}
"""By format: kinds of the list that lose or change nothing in it."""


def must_be_refused(target: str, damage: str) -> bool:
    """Whether this damage of this format has to lead to a refusal."""
    return damage in MUST_BE_REFUSED and damage not in HARMLESS.get(target, frozenset())
