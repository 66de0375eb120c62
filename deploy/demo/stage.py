"""The stage: the demo's own page, where one presses what hands would do: hold a card to the scanner, let a day pass, pull out the paper."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask, Response, redirect, render_template, request, send_file, url_for
from waitress.server import create_server
from werkzeug.wrappers import Response as WerkzeugResponse

from deploy.demo.folders import PEOPLE, VILLAGE, Folders
from deploy.demo.paper import papers, qr_of
from deploy.demo.programs import DemoFault, Ports, Program, ledger_environment, run_command
from kiosk.devices.virtual import VirtualDevices

SHOWN_CARDS = ("0007", "0012", "0001", "0055")
BARCODES = (
    ("2000000000053", "酱油"),
    ("2000000000015", "香皂"),
    ("2000000000060", "大米 5kg"),
    ("2000000000077", "玉米油 5L"),
)
NOT_CARDS = (("134567890123456789", "付款码"), ("garbage-\x7f-0123", "坏掉的码"))
WEEKDAYS = "一二三四五六日"
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Props:
    """What the stage plays with."""

    folders: Folders
    ports: Ports
    devices: VirtualDevices
    ledger: Program

    def last_code(self) -> str:
        """The code on the last paper since the start; empty when there is none."""
        jobs = self.devices.printer.jobs
        return qr_of(jobs[-1]) if jobs else ""

    def day(self) -> str:
        """The demo's day as people say it: 11月26日 周四."""
        now = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=self.folders.days_ahead())
        return f"{now.month}月{now.day}日 周{WEEKDAYS[now.weekday()]}"


def create_stage(props: Props) -> Flask:
    """The stage's pages. Forms only; what is scanned comes from the private folder, the last paper or the lists above."""
    stage = Flask(__name__)
    stage.after_request(_headers)
    hands = _Hands(props)
    stage.get("/")(hands.home)
    stage.get("/paper")(hands.latest)
    stage.get("/paper/<name>")(hands.paper)
    stage.post("/scan")(hands.scan)
    stage.post("/next-day")(hands.next_day)
    stage.post("/roll")(hands.roll)
    stage.post("/line")(hands.line)
    return stage


@dataclass(frozen=True, slots=True)
class _Hands:
    """What the page shows, and what hands would do."""

    props: Props

    def home(self) -> str:
        props, newest = self.props, papers(self.props.folders.paper)[:1]
        return render_template(
            "stage.html",
            ports=props.ports, village=VILLAGE, people=PEOPLE, password=props.folders.password_of, cards=SHOWN_CARDS, barcodes=BARCODES,
            not_cards=NOT_CARDS, day=props.day(), ahead=props.folders.days_ahead(), paper=newest[0].name if newest else None,
            codes=props.folders.card_codes(), receipt=props.last_code(), roll=props.devices.printer.paper != "out",
            on_line=props.ledger.running, said=request.args.get("said", ""),
        )  # fmt: skip

    def latest(self) -> dict[str, str]:
        newest = papers(self.props.folders.paper)[:1]
        return {"name": newest[0].name if newest else ""}

    def paper(self, name: str) -> Response:
        known = {path.name: path for path in papers(self.props.folders.paper)}
        return send_file(known[name]) if name in known else Response(status=404)

    def scan(self) -> WerkzeugResponse:
        household, text = request.form.get("household", "").strip(), request.form.get("text", "")
        known = {code for code, _ in (*BARCODES, *NOT_CARDS)} | {self.props.last_code()}
        code = self.props.folders.card_codes().get(household, text if text in known else "")
        if not code:
            return _back(f"没有 {household[:8]} 户的卡，换一个户号" if household else "还没写户号")
        try:
            self.props.devices.scanner.scan(code)
        except (OSError, TimeoutError):
            return _back("扫码器没人读，看看柜台机开着没有")
        return _back(f"扫了 {household} 户的卡，看柜台机的屏幕" if household else "扫了一下，看柜台机的屏幕")

    def next_day(self) -> WerkzeugResponse:
        props = self.props
        props.folders.next_day()
        try:
            said = run_command("merit-ledger", "due", environment=ledger_environment(props.folders, props.ports))
        except DemoFault:
            return _back(f"过了一天，是 {props.day()}。有一笔该到账没到账，看村干部的“公示”")
        return _back(f"过了一天，是 {props.day()}。{credited(said)}")

    def roll(self) -> WerkzeugResponse:
        printer = self.props.devices.printer
        printer.paper = "ok" if printer.paper == "out" else "out"
        return _back("装上纸了" if printer.paper == "ok" else "纸拿走了。换东西试一试，看柜台机怎么说")

    def line(self) -> WerkzeugResponse:
        ledger = self.props.ledger
        if ledger.running:
            ledger.stop()
            return _back("村里的账停了，柜台机断网了。照样能换，接上自己补传")
        ledger.start()
        return _back("村里的账又开了，柜台机自己补传")


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


def credited(said: str) -> str:
    """What a day brought, from what ``merit-ledger due`` printed."""
    many = int(said.split()[-2])
    return f"公示期满，{many} 笔到账了" if many else "没有新到账的：公示没到期，或没有公示"


def _back(said: str) -> WerkzeugResponse:
    return redirect(url_for("home", said=said[:200]), 303)


def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    response.headers["Cache-Control"] = "no-store"
    return response
