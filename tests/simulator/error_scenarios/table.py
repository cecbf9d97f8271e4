"""Where the stories are kept: by the code that each ends with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulator.builders import CloudBuilder

Story = Callable[[CloudBuilder], Any]
CAUSES: dict[str, Story] = {}


def cause(code: str) -> Callable[[Story], Story]:
    """Keep a story under the code that it ends with."""

    def keep(story: Story) -> Story:
        assert code not in CAUSES, code
        CAUSES[code] = story
        return story

    return keep
