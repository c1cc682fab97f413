"""Words the refusals of Microsoft.Network; the only place that shapes its errors."""

from __future__ import annotations

from typing import Any

from cspctl.simulator.arm.errors import refuse
from cspctl.simulator.wire import Refused


def bad(code: str, message: str, *, status: int = 400, details: list[dict[str, Any]] | None = None) -> Refused:
    """Return a refusal in the provider's shape: `details` is there even when it is empty."""
    return refuse(status, code, message, details=details or [])


def unreadable(message: str) -> Refused:
    """Return the refusal of a body that does not have the shape of the resource."""
    detail = {"code": "InvalidJson", "message": message}
    return bad("InvalidRequestFormat", "Cannot parse the request.", details=[detail])


def not_found(target: str, source: str) -> Refused:
    """Return the refusal of a reference to what is not there, or not what may be referred to."""
    return bad(
        "InvalidResourceReference",
        f"Resource {target} referenced by resource {source} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region.",
    )


def not_provisioned(target: str, user: str, state: str, operation: str) -> Refused:
    """Return the refusal (429, to be retried) to use what is itself being changed.

    https://github.com/Azure/azure-sdk-for-go/issues/588
    """
    message = (
        f"Cannot proceed with operation because resource {target} used by resource {user} is not in Succeeded "
        f"state. Resource is in {state} state and the last operation that updated/is updating the resource is "
        f"{operation}."
    )
    detail = {"code": "ReferencedResourceNotProvisioned", "message": message}
    return refuse(429, "RetryableError", "A retryable error occurred.", details=[detail], Retry_After="10")
