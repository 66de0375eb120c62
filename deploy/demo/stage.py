"""The stage: the demo's own page, where one presses what hands would do: hold a card to the scanner, let a day pass, tear off the paper."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, redirect, render_template, request, send_file, url_for
from waitress.server import create_server
from werkzeug.wrappers import Response as WerkzeugResponse

from deploy.demo.folders import PEOPLE, VILLAGE, Folders
from deploy.demo.programs import Ports, ledger_environment, run_command
from kiosk.devices.virtual_scanner import VirtualScanner

SHOWN_CARDS = ("0007", "0012", "0001", "0055")
BARCODES = (
    ("2000000000053", "酱油"),
    ("2000000000015", "香皂"),
    ("2000000000060", "大米 5kg"),
    ("2000000000077", "玉米油 5L"),
)
NOT_CARDS = (("134567890123456789", "付款码"), ("garbage-\x7f-0123", "坏掉的码"))
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Props:
    """What the stage plays with."""

    folders: Folders
    ports: Ports
    scanner: VirtualScanner


def papers(folders: Folders) -> list[Path]:
    """What the printer put out, the newest first."""
    return sorted(folders.paper.glob("*.png"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def create_stage(props: Props) -> Flask:
    """The stage's pages. Forms only; what is scanned comes from the private folder or from the lists above."""
    stage = Flask(__name__)
    stage.after_request(_headers)

    @stage.get("/")
    def home() -> str:
        newest = papers(props.folders)[:1]
        return render_template(
            "stage.html",
            ports=props.ports, village=VILLAGE, people=PEOPLE, password=props.folders.password_of, cards=SHOWN_CARDS, barcodes=BARCODES,
            not_cards=NOT_CARDS, days=props.folders.days_ahead(), paper=newest[0].name if newest else None,
            codes=props.folders.card_codes(), said=request.args.get("said", ""),
        )  # fmt: skip

    @stage.get("/paper")
    def latest() -> dict[str, str]:
        newest = papers(props.folders)[:1]
        return {"name": newest[0].name if newest else ""}

    @stage.get("/paper/<name>")
    def paper(name: str) -> Response:
        known = {path.name: path for path in papers(props.folders)}
        return send_file(known[name]) if name in known else Response(status=404)

    @stage.post("/scan")
    def scan() -> WerkzeugResponse:
        household, text = request.form.get("household", ""), request.form.get("text", "")
        known = {code for code, _ in (*BARCODES, *NOT_CARDS)}
        code = props.folders.card_codes().get(household, text if text in known else "")
        if not code:
            return _back("没有这张卡，换一个户号")
        try:
            props.scanner.scan(code)
        except (OSError, TimeoutError):
            return _back("扫码器没人读，看看柜台机开着没有")
        return _back(f"扫了 {household} 户的卡" if household else "扫了一下")

    @stage.post("/next-day")
    def next_day() -> WerkzeugResponse:
        days = props.folders.next_day()
        credited = run_command(
            "merit-ledger", "due", environment=ledger_environment(props.folders, props.ports)
        ).strip()
        return _back(f"过了一天，现在比真的日子早 {days} 天。{credited}")

    return stage


class StageServer:
    """Serves the stage on loopback in a thread of this process."""

    def __init__(self, stage: Flask, port: int) -> None:
        self._server = create_server(stage, host="127.0.0.1", port=port, threads=4)
        self._thread = threading.Thread(target=self._server.run, name="stage", daemon=True)

    def start(self) -> None:
        """Start answering."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and let the port go."""
        self._server.close()
        self._thread.join(timeout=5)


def _back(said: str) -> WerkzeugResponse:
    return redirect(url_for("home", said=said[:200]), 303)


def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    response.headers["Cache-Control"] = "no-store"
    return response
