"""XML read without trust: any DOCTYPE is refused before parsing, and no entity, network or deep tree is followed."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from darkfigure.intake.archives import MAX_DOCUMENT_BYTES
from darkfigure.intake.json_safety import MAX_DEPTH, DocumentRefusal

_ENCODING: Final = re.compile(rb"""^<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DECLARATION: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_TOO_DEEP: Final = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")


def parse_xml(content: bytes) -> etree._Element | DocumentRefusal:
    """Parse one XML document, or say which rule of safety it breaks.

    Parameters
    ----------
    content : bytes
        UTF-8, with or without byte order mark.

    Returns
    -------
    Element | DocumentRefusal
        The root, without comments and processing instructions. Rules: ``document-too-big``, ``document-encoding``,
        ``xml-doctype``, ``xml-malformed``, ``document-too-deep``. Never an exception.

    Notes
    -----
    With ``resolve_entities=False`` lxml leaves an unknown entity in the text, silently changing a value; a document
    that could declare one is refused instead.

    Examples
    --------
    >>> parse_xml(b'<!DOCTYPE a><a/>')
    DocumentRefusal(rule='xml-doctype', field='(document)')
    >>> parse_xml(b'<a><b></a>')
    DocumentRefusal(rule='xml-malformed', field='(document)')
    """
    if len(content) > MAX_DOCUMENT_BYTES:
        return DocumentRefusal("document-too-big")
    content = content.removeprefix(b"\xef\xbb\xbf")
    declared = _ENCODING.match(content)
    if (declared and declared.group(1).lower() not in (b"utf-8", b"us-ascii")) or not _is_utf8(content):
        return DocumentRefusal("document-encoding")
    if _DECLARATION.search(content):
        return DocumentRefusal("xml-doctype")
    try:
        root = etree.fromstring(content, _parser())
    except (etree.XMLSyntaxError, ValueError):
        return DocumentRefusal("xml-malformed")
    if _TOO_DEEP(root):
        return DocumentRefusal("document-too-deep")
    return root


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
