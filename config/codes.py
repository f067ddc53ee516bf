"""Short random public codes for URLs, and the normalisation of text that people type."""

import secrets
import unicodedata

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V: a code can be read out on the telephone.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"

_WIDE_SIGNS = "＃＆＊＋－．／＠＿"
_HALF_WIDTH = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code).isalnum()},
    **{ord(sign): ord(sign) - 0xFEE0 for sign in _WIDE_SIGNS},
    0x3000: " ",
}


def new_code(length: int = 10) -> str:
    """Return a random public code; 10 characters are 45 bits, unique columns guard the rest."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_codes(number: int, length: int = 10) -> list[str]:
    """Return many random public codes, for sets of rows written at once."""
    letters = "".join(secrets.SystemRandom().choices(ALPHABET, k=number * length))
    return [letters[at : at + length] for at in range(0, len(letters), length)]


def normalise(text: str) -> str:
    """Return typed text with half-width letters and digits, without invisible characters and edges.

    Full-width letters, digits and the signs of numbers and codes become ASCII; Chinese punctuation
    and signs such as ℃ or ① stay as they were typed (NFKC would turn 「已更换，正常」 half-width).
    """
    folded = unicodedata.normalize("NFC", text).translate(_HALF_WIDTH)
    hidden = {"Cc", "Cf"}  # control and invisible formatting characters
    return "".join(c for c in folded if c == "\n" or unicodedata.category(c) not in hidden).strip()
