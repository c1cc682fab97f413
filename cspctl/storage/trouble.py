"""What can go wrong with the place where journal and inventory are kept, each with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from cspctl.errors import CspctlError

ROLE = "Storage Blob Data Contributor"
SAS_RIGHTS = "racwdl"
"""What a SAS must allow: read, add, create, write (with leases), delete, list."""


class StorageError(CspctlError):
    """The storage could not do what it should; no :class:`CloudError`, for no Microsoft service we manage said no."""

    def __init__(self, what: str, remedy: str = "", *, status: int = 0, code: str = "", request_id: str = "") -> None:
        """Build the sentence shown to the user from what the storage has answered."""
        self.status, self.code, self.request_id = status, code, request_id
        said = " ".join(filter(None, [str(status or ""), code]))
        answer = "; ".join(filter(None, [said, f"request id {request_id}" if request_id else ""]))
        text = what + (f" ({answer})" if answer else "")
        super().__init__(f"{text}\n    {remedy}" if remedy else text)


class Stale(StorageError):
    """Somebody else has written it since it was read."""


class LockLost(StorageError):
    """The lock may be another run's by now."""


REMEDIES: Mapping[str, str] = {
    "ContainerNotFound": "Make it: az storage container create --account-name {account} --name {container} "
    "--auth-mode login",
    "ContainerBeingDeleted": "It is being deleted. Wait half a minute, make it anew, and find out who deletes it.",
    "AuthorizationPermissionMismatch": f"The sign-in lacks a right: it needs the role {ROLE} on the container "
    f"(given some minutes ago at the latest), or a SAS that allows {SAS_RIGHTS}.",
    "InsufficientAccountPermissions": f"The SAS or key lacks a right: a SAS must allow {SAS_RIGHTS}.",
    "AuthorizationResourceTypeMismatch": "An account SAS must be for containers and objects (srt=co).",
    "AuthorizationServiceMismatch": "An account SAS must be for blobs (ss=b).",
    "AuthorizationProtocolMismatch": "The SAS allows only another protocol: use https.",
    "AuthorizationSourceIPMismatch": "The SAS is bound to other addresses than this machine's.",
    "AuthorizationFailure": "Probably a firewall of the storage account: let this machine's network in "
    "(az storage account network-rule add), or use its private endpoint. Else key, SAS or token do not fit it.",
    "KeyBasedAuthenticationNotPermitted": "The account forbids keys and SAS made from them: use a sign-in with the "
    f"role {ROLE}, or a user delegation SAS.",
    "PublicAccessNotPermitted": "Nothing was signed in with: name a secret or a credential for the storage.",
    "NoAuthenticationInformation": "Nothing was signed in with: name a secret or a credential for the storage.",
    "InvalidAuthenticationInfo": "The token or key is not one for this account: look at its tenant.",
    "AccountIsDisabled": "The storage account is disabled: look at its subscription.",
    "AccountBeingCreated": "The storage account is new. Wait a minute.",
    "BlobImmutableDueToPolicy": "A policy keeps blobs of this container from changing: use a container without one.",
    "BlobBeingRehydrated": "The blob is archived: bring it back to the hot tier, and exclude it from the policy.",
    "BlobArchived": "The blob is archived: bring it back to the hot tier, and exclude it from the policy.",
    "InvalidBlobType": "Another program has written that blob: use a container or prefix of its own for cspctl.",
    "BlockCountExceedsLimit": "A journal takes 50,000 lines. Apply in parts: --target or --customer.",
    "LeaseIdMissing": "Somebody else has a lease on that very blob: find out who, with az storage blob show.",
    "UnsupportedHeader": "The storage is too old: it must know API version 2023-11-03.",
    "InvalidHeaderValue": "The storage may be too old: it must know API version 2023-11-03.",
    "ServerBusy": "The storage is throttled. Run it again in some minutes.",
}
BY_STATUS: Mapping[int, str] = {
    401: "It does not accept the sign-in: look at secret or credential.",
    403: f"Give the sign-in the role {ROLE} on the container, or use a SAS that allows {SAS_RIGHTS}.",
    404: "Look at the address: account, container and prefix.",
    409: "Somebody else changed it at the same moment. Run it again.",
}
LATER = "Run it again in some minutes; nothing that is written down is lost."


def remedy_for(status: int, code: str, account: str, container: str) -> str:
    """What to do about an answer of Blob Storage."""
    remedy = REMEDIES.get(code) or BY_STATUS.get(status) or LATER
    return remedy.replace("{account}", account).replace("{container}", container)
