"""Words what Microsoft Entra refuses, by its AADSTS codes; the only place that does.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import uuid
from typing import Any

from cspctl.simulator import national_clouds
from cspctl.simulator.wire import Refused, Request, Response

_FEDERATION = (
    " Check your federated identity credential Subject, Audience and Issuer against the presented assertion. "
    "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)
_MAY_HAPPEN = (
    "This can happen if the application has not been installed by the administrator of the tenant or "
    "consented to by any user in the tenant."
)

TEXTS = {
    50011: (
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
        "application '{client}'. Make sure the redirect URI sent in the request matches one added to your "
        "application in the Azure portal."
    ),
    50020: (
        "User account '{user}' from identity provider 'https://sts.windows.net/{home}/' does not exist in tenant "
        "'{tenant}' and cannot access the application '{client}'({name}) in that tenant. The account needs to be "
        "added as an external user in the tenant first."
    ),
    50027: "{reason}",
    50034: (
        "The user account {user} does not exist in the {tenant} directory. To sign into this application, the "
        "account must be added to the directory."
    ),
    50048: "Subject mismatches Issuer claim in the client assertion.",
    50049: "Unknown or invalid instance.",
    50057: "The user account is disabled.",
    50058: "A silent sign-in request was sent but no user is signed in.",
    50059: ("No tenant-identifying information found in either the request or implied by any provided credentials."),
    50076: (
        "Due to a configuration change made by your administrator, or because you moved to a new location, you "
        "must use multi-factor authentication to access '{resource}'."
    ),
    50078: (
        "Presented multi-factor authentication has expired due to policies configured by your administrator, you "
        "must refresh your multi-factor authentication to access '{resource}'."
    ),
    50126: "Error validating credentials due to invalid username or password.",
    50173: (
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have "
        "changed or reset their password. The grant was issued on '{issued}' and the TokensValidFrom date (before "
        "which tokens are not valid) for this user is '{valid_from}'."
    ),
    50194: (
        "Application '{client}'({name}) is not configured as a multi-tenant application. Usage of the /common "
        "endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or "
        "configure the application to be multi-tenant."
    ),
    54005: (
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
        "refresh token."
    ),
    65001: (
        "The user or administrator has not consented to use the application with ID '{client}' named "
        "'{name}'. Send an interactive authorization request for this user and resource."
    ),
    65002: (
        "Consent between first party application '{client}' and first party resource '{resource}' must be "
        "configured via preauthorization - applications owned and operated by Microsoft must get approval from "
        "the API owner before requesting tokens for that API."
    ),
    65004: "User declined to consent to access the app.",
    70000: "Provided grant is invalid or malformed.",
    70003: "The app requested an unsupported grant type '{kind}'.",
    70008: (
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
        "authorization request for this user and resource."
    ),
    70011: "The provided value for the input parameter 'scope' is not valid. Scope: '{scope}'.",
    70016: "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    70018: "Invalid verification code due to User typing in wrong user code for device code flow.",
    70019: "Verification code expired. Have the user retry the sign-in.",
    70025: "The client '{client}'({name}) has no configured federated identity credentials.",
    90002: (
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing"
        " into the correct cloud. Check with your subscription administrator, this may happen if there "
        "are no active subscriptions for the tenant."
    ),
    90023: "Invalid request: {reason}",
    90094: "An administrator of {tenant} has set a policy that prevents you from granting {name} the permissions.",
    500011: "The resource principal named {resource} was not found in the tenant named {tenant}. " + _MAY_HAPPEN,
    500112: (
        "The reply address '{given}' does not match the reply address '{expected}' provided when requesting "
        "Authorization code."
    ),
    501481: "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    700016: (
        "Application with identifier '{client}' was not found in the directory '{tenant}'. "
        + _MAY_HAPPEN
        + " You may have sent your authentication request to the wrong tenant."
    ),
    700021: "Client assertion application identifier doesn't match 'client_id' parameter.",
    700023: "Client assertion audience claim does not match Realm issuer.",
    700024: (
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from "
        "{valid_from}, expiry time of assertion {expiry}. Review the documentation at "
        "https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
    ),
    700025: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    700027: (
        "The certificate with identifier used to sign the client assertion is not registered on application. "
        "[Reason - {reason}, Thumbprint of key used by client: '{thumbprint}'{found}, Please visit the Azure "
        "Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '{client}'.]"
    ),
    700082: (
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was "
        "inactive for 90.00:00:00."
    ),
    700211: "No matching federated identity record found for presented assertion issuer '{found}'." + _FEDERATION,
    700212: "No matching federated identity record found for presented assertion audience '{found}'." + _FEDERATION,
    700213: "No matching federated identity record found for presented assertion subject '{found}'." + _FEDERATION,
    900144: "The request body must contain the following parameter: '{parameter}'.",
    1002012: (
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope "
        "value with /.default suffixed to the resource identifier (application ID URI)."
    ),
    5002738: (
        "Invalid JWT token. '{algorithm}' is not a supported signature algorithm. Supported signing algorithms "
        "are: 'RS256, RS384, RS512, PS256, PS384, PS512'."
    ),
    7000112: "Application '{client}'({name}) is disabled.",
    7000215: (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client "
        "secret value, not the client secret ID, for a secret added to app '{client}'."
    ),
    7000218: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    7000222: (
        "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys "
        "for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
        "security: https://aka.ms/certCreds."
    ),
    7000229: (
        "The client application {client} is missing service principal in the tenant {tenant}. See "
        "instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
    ),
    7002138: (
        "No matching federated identity record found for presented assertion subject '{found}'. The subject matches "
        "with case-insensitive comparison, but not with case-sensitive comparison." + _FEDERATION
    ),
    9001023: (
        "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations "
        "or tenant-specific endpoint."
    ),
    9002313: "Invalid request. Request is malformed or invalid.",
    9002332: (
        "Application '{client}'({name}) is configured for use by Azure Active Directory users only. Please do not "
        "use the /consumers endpoint to serve this request."
    ),
}


def error(status: int, code: str, message: str) -> Response:
    """Return an error of the sign-in service that has no AADSTS code."""
    return Response(status, {"error": code, "error_description": message, "error_codes": []})


def sentence(number: int, **words: object) -> str:
    """Return the code with its sentence, as people read it on a page."""
    return f"AADSTS{number}: {TEXTS[number].format(**words)}"


def refuse(request: Request, status: int, word: str, number: int, *, suberror: str = "", **words: object) -> Refused:
    """Return the refusal in Microsoft Entra's shape: its OAuth word, and the sentence of the AADSTS code."""
    trace = str(uuid.uuid4())
    stamp = f"{request.now:%Y-%m-%d %H:%M:%SZ}"
    host = national_clouds.cloud_of(request.base_url).sign_in[0]
    body: dict[str, Any] = {
        "error": word,
        "error_description": f"{sentence(number, **words)} Trace ID: {trace} "
        f"Correlation ID: {request.correlation_id} Timestamp: {stamp}",
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": request.correlation_id,
        "error_uri": f"https://{host}/error?code={number}",
    }
    if suberror:
        body["suberror"] = suberror
    return Refused(Response(status, body))
