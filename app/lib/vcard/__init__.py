"""vCard 2.1, 3.0 and 4.0.

`lines.py` the content lines, `card.py` a card and changes to it, `digest.py` what lists and look-ups need of one, `convert.py` a card
in another version, `charsets.py` files as bytes.
"""

from app.lib.vcard.card import BadCard, Card, read_card, read_cards
from app.lib.vcard.charsets import decode
from app.lib.vcard.convert import as_30, as_40, as_version, photo
from app.lib.vcard.digest import Digest, digest
from app.lib.vcard.lines import V21, V30, V40, ContentLine, escape, split, unescape, write_line

__all__ = [
    "V21", "V30", "V40", "BadCard", "Card", "ContentLine", "Digest", "as_30", "as_40", "as_version", "decode", "digest", "escape", "photo",
    "read_card", "read_cards", "split", "unescape", "write_line",
]
