"""Holds the routes of Partner Center and the checks that every request meets; the only place for both."""

from __future__ import annotations

import uuid

from cspctl.simulator import accounts, tenants
from cspctl.simulator.partner_center import answers, repeats
from cspctl.simulator.partner_center.answers import refuse
from cspctl.simulator.wire import Match, Refused, Request, Response, Routes

AUDIENCES = frozenset({"https://api.partnercenter.microsoft.com", tenants.PARTNER_CENTER})
WRITES = {"POST", "PUT", "PATCH", "DELETE"}

# Customers and subscriptions: requests a minute for each tenant identifier.
# https://learn.microsoft.com/partner-center/developer/customer-resources
REQUESTS_A_MINUTE = 500

# Resources that stand where others have their id: /customers/usagerecords, /subscriptions/overage.
OTHER_RESOURCES = {"usagerecords", "overage"}


def before(request: Request, match: Match) -> Response | None:
    """Check who calls and how often, and give a repeated write the answer that the first one got."""
    _check_caller(request, match)
    _check_ids(request, match)
    _check_rate(request, match)
    if request.method in WRITES:
        request.body = answers.camel(request.body)
        return repeats.earlier(request)
    return None


def _check_caller(request: Request, match: Match) -> None:
    if str(request.caller.get("tid", "")).lower() != tenants.partner_id(request.tx).lower():
        raise refuse(401, "800001", "The token is not one of a Partner Center account's tenant.")
    # "API access to Partner Center for indirect resellers isn't supported", without saying how it is refused.
    # https://learn.microsoft.com/partner-center/developer/get-started
    if accounts.read(request.tx)["tier"] == "reseller":
        raise refuse(403, "2032", "The account has no access to Partner Center's API.")
    if not request.is_user:
        if match.requirements.get("user"):
            raise refuse(403, "900329", "This API doesn't support App only authentication.")
        return
    if not _did_mfa(request):
        raise refuse(401, "900421", "Multifactor authentication (MFA) is required.")
    if not request.caller.get("agent"):
        raise refuse(403, "900308", "The user does not have sufficient privileges for this operation.")


def _did_mfa(request: Request) -> bool:
    return "mfa" in request.caller.get("amr", [])


def _check_ids(request: Request, match: Match) -> None:
    for name in ("customer", "subscription", "cart"):
        value = match.params.get(name)
        if value is not None and value.lower() in OTHER_RESOURCES:
            text = f"The simulator has no route {request.method} {request.path} in the service {routes.service}."
            raise Refused(answers.error(501, "NotImplementedBySimulator", text))
        if value is not None and not is_guid(value):
            text = f"{name.capitalize()} Id must be a GUID."
            raise Refused(answers.error(400, "2000", text, source="PartnerApiServiceControllers"))


def is_guid(text: object) -> bool:
    """Tell whether the text is a GUID, with its hyphens."""
    try:
        return len(str(text)) == 36 and bool(uuid.UUID(str(text)))
    except ValueError:
        return False


def _check_rate(request: Request, match: Match) -> None:
    if not match.template.startswith("/v1/customers"):
        return
    identifier = match.params.get("customer", "partner")
    minute = int(request.now.timestamp()) // 60
    window = request.tx.get("partnerCenterRates", identifier) or {}
    count = int(window.get("count", 0)) + 1 if window.get("minute") == minute else 1
    request.tx.put("partnerCenterRates", identifier, {"minute": minute, "count": count})
    if count > REQUESTS_A_MINUTE:
        wait = 60 - int(request.now.timestamp()) % 60
        response = answers.error(429, "429", f"Rate limit is exceeded. Try again in {wait} seconds.")
        response.headers["Retry-After"] = str(wait)
        raise Refused(response)


def after(request: Request, match: Match | None, response: Response) -> None:
    """Remember the answer of a write that took effect, and add the headers that every answer has."""
    if match and request.method in WRITES:
        repeats.remember(request, response)
    answers.add_headers(request, response)
    # Clients read it as a header, also of the refusal for want of MFA; the documentation does not say where it is.
    if request.is_user and request.headers.get("ValidateMfa", "").lower() == "true":
        response.headers["isMfaCompliant"] = "true" if _did_mfa(request) else "false"
    if match and match.requirements.get("byte_order_mark") and response.status < 300:
        answers.put_byte_order_mark(response)


routes = Routes(
    "partner-center", audiences=AUDIENCES, error=answers.error, before=before, after=after, ignore_case=True
)
