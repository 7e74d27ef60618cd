"""One small world for all pipeline tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from study_runs import make_world


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("world") / "philippines")
