"""Every face of the counter, by name."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.selling_faces import SELLING_FACES
from tests.fakes.stepping_runner import SteppingRunner
from tests.fakes.work_faces import WORK_FACES

FACES: dict[str, Callable[[], SteppingRunner]] = SELLING_FACES | WORK_FACES
