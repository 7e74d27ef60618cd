"""Between which limits does a share lie when many texts cannot be classed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.classify.codebook import TextCode
from darkfigure.estimate.proportions import wilson_interval
from darkfigure.records.aggregate import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBounds:
    """Worst-case bounds of the share of reports that indicate online sexual exploitation of children.

    Parameters
    ----------
    sampled : int
        Reports in the sample, with or without text.
    classifiable : int
        Reports whose text lets coders tell the kind of activity.
    osec : int
        Reports whose text indicates online sexual exploitation of children.
    """

    sampled: int
    classifiable: int
    osec: int

    @property
    def classifiable_share(self) -> float:
        """``c``: classifiable reports of all sampled."""
        return self.classifiable / self.sampled

    @property
    def osec_among_classifiable(self) -> float | None:
        """``q``; ``None`` when no text could be classed."""
        return self.osec / self.classifiable if self.classifiable else None

    @property
    def lower(self) -> float:
        """``c q``: if no text that cannot be classed hid one."""
        return self.osec / self.sampled

    @property
    def upper(self) -> float:
        """``c q + 1 - c``: if every text that cannot be classed hid one."""
        return (self.osec + self.sampled - self.classifiable) / self.sampled

    @property
    def width(self) -> float:
        """``1 - c``; more reports do not narrow it, better texts do."""
        return (self.sampled - self.classifiable) / self.sampled


def text_bounds(codes: Sequence[TextCode], *, sampled: int) -> TextBounds:
    """What do the codes of the texts read say about all sampled reports?

    Parameters
    ----------
    codes : sequence of TextCode
        One for each text read.
    sampled : int
        Reports in the sample; those without text count as not determinable.

    Returns
    -------
    TextBounds

    Notes
    -----
    With classifiable share c and share q of online sexual exploitation among the classifiable, the share in all lies
    in [c q, c q + 1 - c], whatever the others hold.

    Source: Manski (1989), J. Hum. Resour. 24, 343-360, doi:10.2307/145818.

    Examples
    --------
    >>> b = text_bounds([TextCode.OSEC, TextCode.OTHER, TextCode.NOT_DETERMINABLE], sampled=10)
    >>> (b.lower, b.upper, b.width)
    (0.1, 0.9, 0.8)
    """
    return TextBounds(
        sampled=sampled,
        classifiable=sum(code is not TextCode.NOT_DETERMINABLE for code in codes),
        osec=sum(code is TextCode.OSEC for code in codes),
    )


def bounds_with_sampling_error(bounds: TextBounds, *, level: float) -> Interval:
    """Between which limits does the share in all reports lie, with the sample's own error?

    Notes
    -----
    Lower Wilson limit of the lower bound and upper Wilson limit of the upper one; covers the whole set of possible
    shares with at least the stated level.

    Source: Horowitz and Manski (2000), J. Am. Stat. Assoc. 95, 77-84, doi:10.1080/01621459.2000.10473902.
    """
    n = bounds.sampled
    low = wilson_interval(bounds.osec / n, n, level=level).lower
    high = wilson_interval((bounds.osec + n - bounds.classifiable) / n, n, level=level).upper
    return Interval(low, high, level, "worst-case-bounds-with-sampling-error")
