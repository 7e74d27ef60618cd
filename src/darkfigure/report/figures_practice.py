"""How do convictions come about, and are recorded interviews used?"""

from __future__ import annotations

from darkfigure.report.figures_nature import PanelSource, bar_spec
from darkfigure.report.messages import Message

FIGURES = (
    bar_spec(
        "practice",
        "Convictions by how they came about, and recorded interviews by use",
        (
            Message("convictions-plea-share", "{value} of convictions came by plea agreement"),
            Message("interviews-used-share", "prosecutors used {value} of recorded interviews at inquest"),
        ),
        (
            PanelSource(table="convictions-by-mode", subject="convictions"),
            PanelSource(table="interviews-used", subject="recorded interviews"),
        ),
    ),
)
"""The figure of practice in prosecution."""
