"""``/diagnostics`` on this machine: what it knows of itself, the 诊断条 and the 自检页. Mounted by the screen's site."""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.care.facts import Known, facts_of


class Clinic(Protocol):
    """What the page asks and wants done (``kiosk.app``)."""

    def known(self) -> Known:
        """Everything, now."""

    def events(self) -> tuple[str, ...]:
        """What went wrong lately, newest first."""

    def print_diagnostics(self) -> bool:
        """Print the 诊断条; False when it did not come out."""

    def selftest(self) -> bool:
        """Learn the printer and print the 自检页; False when it did not come out."""


_SAID = {"printed": "打了，撕下来看", "failed": "没打出来。看打印机的电源、线和纸"}


def care_pages(clinic: Clinic) -> Blueprint:
    """The pages. Whoever mounts them sees to it that only this machine reaches them."""
    pages = Blueprint("care", __name__, url_prefix="/diagnostics", template_folder="templates", static_folder="static")

    @pages.get("")
    def show() -> str:
        told = _SAID.get(request.args.get("told", ""), "")
        return render_template(
            "care/diagnostics.html", facts=facts_of(clinic.known()), events=clinic.events(), told=told
        )

    @pages.post("/print")
    def print_it() -> AnyResponse:
        return _back(clinic.print_diagnostics())

    @pages.post("/selftest")
    def selftest() -> AnyResponse:
        return _back(clinic.selftest())

    return pages


def _back(done: bool) -> AnyResponse:
    return redirect(f"/diagnostics?told={'printed' if done else 'failed'}", 303)
