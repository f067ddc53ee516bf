"""The one error of the launcher: a sentence for the person at the keyboard."""


class EmbeddedError(Exception):
    """What went wrong and what to do about it, in Chinese; shown without a traceback."""
