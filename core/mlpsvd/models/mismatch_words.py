"""The sentences about what does not fit: what was found, against what, and what to do."""

from __future__ import annotations

__all__ = ["background", "clipping", "level", "rate", "spectrum"]


def rate(source_hz: float, model_hz: float) -> str:
    """The device delivers fewer samples a second than the model takes."""
    return (
        f"The device delivers {source_hz:g} Hz and the model was trained on {model_hz:g} Hz, so everything above "
        f"{source_hz / 2:g} Hz is missing: choose a device or a profile with {model_hz:g} Hz (a headset's music "
        f"profile instead of its call profile), or train on recordings at {source_hz:g} Hz"
    )


def clipping(n_clipped: int, n: int) -> str:
    """Windows reach full scale."""
    return (
        f"The input is clipped: {n_clipped} of the last {n} windows reach full scale, which puts frequencies into them "
        "that were not in the sound; turn the input's gain down or go farther from the microphone"
    )


def level(found_dbfs: float, low_dbfs: float, high_dbfs: float) -> str:
    """The sound is louder or softer than the training clips were."""
    usual = f"the training clips' {low_dbfs:.0f} to {high_dbfs:.0f} dBFS"
    if found_dbfs > high_dbfs:
        return (
            f"The sound is at {found_dbfs:.0f} dBFS, {found_dbfs - high_dbfs:.0f} dB above {usual}: turn the input's "
            "gain down or go farther from the microphone"
        )
    return (
        f"The sound reaches no more than {found_dbfs:.0f} dBFS, {low_dbfs - found_dbfs:.0f} dB below {usual}: turn the "
        "input's gain up or go nearer to the microphone, and if these are pauses, set a trigger level between the two"
    )


def background(sound_dbfs: float, background_dbfs: float, least_db: float, subtracted: bool) -> str:
    """The sound is hardly louder than what there is without it."""
    remedy = "make the place quieter" if subtracted else "measure the background and have it subtracted"
    return (
        f"The sound is only {sound_dbfs - background_dbfs:.0f} dB above the background of {background_dbfs:.0f} dBFS; "
        f"it should be {least_db:.0f} dB or more: go nearer to the microphone, or {remedy}"
    )


def spectrum(share: float, typical: float, first: str, pause_dbfs: float | None) -> str:
    """Most windows lie outside the training set.

    ``first`` names a cause that was found already, or is empty; ``pause_dbfs`` is the level of the windows outside,
    where they are much softer than the others.
    """
    if first:
        remedy = f"mend the {first} first, which may be the reason"
    elif pause_dbfs is not None:
        remedy = (
            f"these are mostly pauses at {pause_dbfs:.0f} dBFS, so set a trigger level above that, or record the "
            "background as a class of its own"
        )
    else:
        remedy = (
            "look at the spectrum for what differs, record this sound as a class of its own and train again, or have "
            "what lies beyond 1 called unknown"
        )
    times = "immeasurably far" if typical > 1e3 else f"{typical:.1f} times as far"
    return (
        f"The spectrum is unlike every class: {100 * share:.0f} % of the latest windows lie beyond the edge of the "
        f"training set, typically {times} from the nearest class as 99 of 100 training clips: {remedy}"
    )
