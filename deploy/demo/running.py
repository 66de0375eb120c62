"""Everything of the demo at once: village, virtual devices, ledger, kiosk, stage; started in order, ended in the reverse order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from deploy.demo.folders import VILLAGE, Folders
from deploy.demo.programs import DemoFault, Ports, Program, kiosk_environment, ledger_environment, run_command
from deploy.demo.stage import Props, StageServer, create_stage
from deploy.demo.village import Say, set_up
from kiosk.devices.virtual import VirtualDevices


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs."""

    folders: Folders
    ports: Ports
    devices: VirtualDevices
    ledger: Program
    kiosk: Program


@contextmanager
def running(folders: Folders, ports: Ports, say: Say) -> Iterator[Demo]:
    """The demo while the ``with`` lasts. DemoFault when a part does not start; what did start is ended."""
    with ExitStack() as ends:
        set_up(folders, ports, say)
        link = folders.private / "scanner"
        devices = ends.enter_context(VirtualDevices(folders.paper, scanner_link=link))
        printer, scanner = devices.urls
        for_ledger = ledger_environment(folders, ports)
        for_kiosk = kiosk_environment(folders, ports, printer=printer, scanner=scanner)
        ledger = Program(
            "merit-ledger", ("serve",), for_ledger, f"{ports.ledger_url}/readyz", folders.root / "ledger.log"
        )
        kiosk = Program("merit-kiosk", ("run",), for_kiosk, f"{ports.kiosk_url}/healthz", folders.root / "kiosk.log")
        say("开村里的账……")
        ends.callback(ledger.stop)
        ledger.start()
        if not any(folders.kiosk.iterdir()):
            say("装柜台机……")
            said = run_command("merit-ledger", "kiosk", "code", "--village", VILLAGE, environment=for_ledger)
            run_command("merit-kiosk", "enrol", enrolment_code(said), environment=for_kiosk)
        say("开柜台机……")
        ends.callback(kiosk.stop)
        kiosk.start()
        stage = StageServer(create_stage(Props(folders, ports, devices, ledger)), ports.stage)
        stage.start()
        ends.callback(stage.stop)
        yield Demo(folders, ports, devices, ledger, kiosk)


def enrolment_code(said: str) -> str:
    """The one-time code in what ``merit-ledger kiosk code`` printed. DemoFault when there is none."""
    found = re.search(rf"{VILLAGE}-[0-9A-Z]{{8}}", said)
    if found is None:
        raise DemoFault(f"没有装机码：{said}")
    return found[0]
