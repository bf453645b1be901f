"""Messages about mismatches: what was found, what was expected, what to do."""

from __future__ import annotations

from mlpsvd.text import frequency_text

__all__ = ["background", "clipping", "level", "rate", "spectrum"]


def rate(source_hz: float, model_hz: float) -> str:
    """Return the message for a device whose sample rate is below the model's."""
    source, model = frequency_text(source_hz), frequency_text(model_hz)
    return (
        f"The device delivers {source} and the model was trained on {model}, so everything above "
        f"{frequency_text(source_hz / 2)} is missing: choose a device or a profile with {model} (a headset's music "
        f"profile instead of its call profile), or train on recordings at {source}."
    )


def clipping(n_clipped: int, n: int) -> str:
    """Return the message for windows that reach full scale."""
    return (
        f"The input is clipped: {n_clipped} of the last {n} windows reach full scale; turn the input's gain down or "
        "increase the distance to the microphone."
    )


def level(found_dbfs: float, low_dbfs: float, high_dbfs: float) -> str:
    """Return the message for sound that is louder or softer than the training clips."""
    usual = f"the training clips' {_rounded(low_dbfs)} to {_rounded(high_dbfs)} dBFS"
    if found_dbfs > high_dbfs:
        return (
            f"The sound is at {_rounded(found_dbfs)} dBFS, {_rounded(found_dbfs - high_dbfs)} dB above {usual}: turn "
            "the input's gain down or increase the distance to the microphone."
        )
    return (
        f"The sound reaches no more than {_rounded(found_dbfs)} dBFS, {_rounded(low_dbfs - found_dbfs)} dB below "
        f"{usual}: turn the input's gain up or move closer to the microphone; if these are pauses, set a trigger level "
        "between the two."
    )


def background(sound_dbfs: float, background_dbfs: float, least_db: float, subtracted: bool) -> str:
    """Return the message for sound that is hardly louder than the background."""
    remedy = "make the place quieter" if subtracted else "measure the background and subtract it"
    return (
        f"The sound is only {_rounded(sound_dbfs - background_dbfs)} dB above the background of "
        f"{_rounded(background_dbfs)} dBFS; it should be {_rounded(least_db)} dB or more: move closer to the "
        f"microphone, or {remedy}."
    )


def spectrum(share: float, typical: float, first: str, pause_dbfs: float | None) -> str:
    """Return the message for windows that mostly lie outside the training set.

    ``first`` names a cause that was already found, or is empty; ``pause_dbfs`` is the level of the windows outside if
    they are much softer than the others.
    """
    if first:
        remedy = f"fix the {first} first; it may be the cause"
    elif pause_dbfs is not None:
        remedy = (
            f"these are mostly pauses at {_rounded(pause_dbfs)} dBFS, so set a trigger level above that, or record the "
            "background as a separate class"
        )
    else:
        remedy = (
            "compare the spectrum with those of the classes, record this sound as a separate class, or show windows "
            "beyond 1 as unknown"
        )
    times = "immeasurably" if typical > 1e3 else f"{typical:.1f} times"
    return (
        f"The spectrum is unlike every class: {_rounded(100.0 * share)} % of the latest windows are farther from the "
        f"training set than 99 of 100 training clips, typically {times}: {remedy}."
    )


def _rounded(number: float) -> str:
    return f"{number:.0f}".replace("-0", "0").replace("-", "\N{MINUS SIGN}")
