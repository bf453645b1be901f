"""Draw the pictures of docs/kantack.md and docs/divya.md from the paper results that need no training of letters.

    .venv/bin/python docs/pictures/make_paper_pictures.py

Takes about ten seconds.
"""

from __future__ import annotations

from pathlib import Path

from mlpsvd.experiments.papers.finding import Results
from mlpsvd.experiments.papers.registry import REPRODUCTIONS

NAMES = (
    "kantack-figure-3", "kantack-figure-4", "kantack-figure-5", "kantack-rate", "kantack-update",
    "divya-convolution", "divya-compression", "divya-robustness",
)  # fmt: skip
DPI = 150


def main() -> None:
    """Write one PNG for each result beside this file."""
    for name in NAMES:
        (picture,) = REPRODUCTIONS[name].find(1, Results({})).pictures
        picture.draw().savefig(Path(__file__).parent / f"{name}.png", dpi=DPI)


if __name__ == "__main__":
    main()
