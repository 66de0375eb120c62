"""Who may open an office page. The look-up of a village and its roles comes from above, injected by ``ledger.app``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeAlias, cast

from flask import abort, current_app, g, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as WerkzeugResponse

from ledger.staff.roles import Role, RoleGrant, role_words
from ledger.staff.sessions import member_of_request
from ledger.staff.store import StaffMember
from ledger.web.services import services

P = ParamSpec("P")
RoleLookUp: TypeAlias = Callable[[Connection, int, str], RoleGrant | None]
Answer: TypeAlias = str | WerkzeugResponse | tuple[str, int]


def signed_in() -> StaffMember | None:
    """The staff member whose session this request carries, or None. Looked up once a request."""
    if "staff" not in g:
        g.staff = member_of_request()
    return cast("StaffMember | None", g.staff)


def office(*roles: Role) -> Callable[[Callable[P, Answer]], Callable[..., Answer]]:
    """Guard a view whose URL has ``<village_code>``; the view itself is called without it and finds these instead:

    ``g.staff`` (StaffMember), ``g.village`` (Village), ``g.roles`` (frozenset of Role). Strangers go to sign in and come
    back; a village where they have no role is 404, as if it were not there; a role they lack is 403. No roles: any will do.
    """

    def guarded(view: Callable[P, Answer]) -> Callable[..., Answer]:
        @wraps(view)
        def opened(village_code: str, *args: P.args, **kwargs: P.kwargs) -> Answer:
            member = signed_in()
            if member is None:
                return to_sign_in()
            grant = _grant(member, village_code)
            g.village, g.roles, g.role_words = grant.village, grant.roles, role_words(grant.roles)
            if roles and not grant.roles.intersection(roles):
                abort(403, f"这件事归{role_words(roles)}办")
            return view(*args, **kwargs)

        return opened

    return guarded


def to_sign_in() -> WerkzeugResponse:
    """Off to the sign-in page; afterwards the page comes back, or the empty form of what was sent."""
    if request.method == "GET":
        back: str | None = iri_to_uri(request.full_path.rstrip("?"))
    else:
        readable = current_app.create_url_adapter(request)
        back = request.path if readable and readable.test(request.path, "GET") else None
    return redirect(url_for("staff.sign_in", next=back), 303)


def _grant(member: StaffMember, village_code: str) -> RoleGrant:
    look_up = cast(RoleLookUp, current_app.extensions["merit_roles"])
    grant = services().database.read(lambda tx: look_up(tx, member.staff_id, village_code.upper()))
    if grant is None:
        abort(404)
    return grant
