"""Makes a PDF what PDF/A-2b (ISO 19005-2) wants: it says so, and says what its colours are.

The PDF must have all its fonts, and pictures in grey or RGB alone.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from indexer.formats.markup import our_version

if TYPE_CHECKING:
    from collections.abc import Mapping

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
{told}
<pdf:Producer>{producer}</pdf:Producer><xmp:CreateDate>{now}</xmp:CreateDate><xmp:ModifyDate>{now}</xmp:ModifyDate>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


_TOLD = {
    "title": '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:title>',
    "author": "<dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>",
    "subject": '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:description>',
    "keywords": "<pdf:Keywords>{}</pdf:Keywords>",
}
"""How the metadata say the same as the information of the file: PDF/A wants both alike."""
_CAPITALS, _OTHERS = {"Helvetica": 729}, 714
"""How high the capitals of our fonts are, in thousandths of their size."""


def _say_capitals(document: Any) -> None:
    """Say how high capitals are in each font: PDF wants it of fonts with Latin letters, and MuPDF leaves it out."""
    for xref in range(1, document.xref_length()):
        is_font = document.xref_get_key(xref, "Type") == ("name", "/FontDescriptor")
        if is_font and document.xref_get_key(xref, "CapHeight")[0] == "null":
            name = document.xref_get_key(xref, "FontName")[1].rpartition("+")[2]
            document.xref_set_key(xref, "CapHeight", str(_CAPITALS.get(name, _OTHERS)))


def keep_for_ever(document: Any, told: Mapping[str, str]) -> None:
    """Add what PDF/A-2b asks for to a document of PyMuPDF; ``told`` is its title, author, subject and keywords."""
    from PIL import ImageCms

    _say_capitals(document)
    now, producer = datetime.now(timezone.utc).replace(microsecond=0), f"notes {our_version()}"
    at = now.strftime("D:%Y%m%d%H%M%S+00'00'")
    document.set_metadata({**told, "producer": producer, "creationDate": at, "modDate": at})
    same = "\n".join(_TOLD[name].format(escape(text)) for name, text in told.items())
    document.set_xml_metadata(_XMP.format(told=same, producer=escape(producer), now=now.isoformat()))
    profile, intent = document.get_new_xref(), document.get_new_xref()
    document.update_object(profile, "<</N 3>>")
    document.update_stream(profile, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    document.update_object(
        intent,
        "<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)"
        f"/DestOutputProfile {profile} 0 R>>",
    )
    document.xref_set_key(document.pdf_catalog(), "OutputIntents", f"[{intent} 0 R]")
