"""Words that the findings of analyses share."""

from __future__ import annotations

from mlpsvd.text import counted

__all__ = ["class_text", "few_clips"]

_FEW = 200


def class_text(name: str) -> str:
    """Return the name of a class in a sentence; a number alone would be read as one.

    Examples
    --------
    >>> class_text("590 Hz"), class_text("7")
    ('590 Hz', 'class 7')
    """
    return name if any(character.isalpha() for character in name) else f"class {name}"


def few_clips(n_clips: int) -> tuple[str, ...]:
    """Return how much one test clip counts, as one sentence; none where there are many.

    Examples
    --------
    >>> few_clips(40)
    ('With 40 test clips one clip makes 2.5 points: differences of a few clips may be chance.',)
    >>> few_clips(1000)
    ()
    """
    if not 0 < n_clips < _FEW:
        return ()
    return (
        f"With {counted(n_clips, 'test clip')} one clip makes {100.0 / n_clips:.1f} points: differences of a few clips "
        "may be chance.",
    )
