"""Keeps journal and inventory in a container of Azure Blob Storage; the only importer of ``azure.storage.blob``.

What is written is conditional on etags, what is appended on positions, so that a repeated request never counts twice.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, BlobLeaseClient, BlobProperties, BlobType, ContainerClient, ExponentialRetry

from cspctl.errors import Locked
from cspctl.storage import UNLOCKS, Holder, Stored, audit, folder_of
from cspctl.storage.access import Access, Place
from cspctl.storage.lease import Lease
from cspctl.storage.names import checked, whole_lines
from cspctl.storage.refusal import Asked, code_of, is_conflict, keep_queries_out_of_logs
from cspctl.storage.trouble import Stale, StorageError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

API_VERSION = "2023-11-03"
"""Old enough for every sovereign cloud and for the emulator, new enough for all that is asked here."""
CONNECTING, READING, RENEWING = 10, 30, 5
"""Seconds to wait for a connection, and for an answer; for both when a lease is renewed."""
LEASE = 60
"""Seconds for which a lease is taken: the longest that ends by itself, so that a killed run holds nobody up."""
WRITING = "writing"
"""The metadata that tells one write of a blob from all others."""
MOVED = 20
"""How often a line is tried again because others have appended meanwhile."""


@dataclass
class Container:
    """A :class:`Storage` in a container that exists already."""

    place: Place
    access: Access | None = None
    credential: TokenCredential | None = None
    lease_seconds: int = LEASE
    patience: int = 1
    """Seconds before a request is repeated for the first time; later ones wait longer."""
    _ends: dict[str, int] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Connect at first use only."""
        keep_queries_out_of_logs()
        first, later = self.patience, 2 * self.patience
        patient = ExponentialRetry(first, later, retry_total=5, random_jitter_range=first)
        self._client = self._connect(patient, CONNECTING, READING)
        # A lease must be renewed in time or given up: what repeats its requests is the lease itself.
        self._brief = self._connect(ExponentialRetry(retry_total=0), RENEWING, RENEWING)

    def _connect(self, retry: ExponentialRetry, connecting: int, reading: int) -> ContainerClient:
        signed: AzureSasCredential | AzureNamedKeyCredential | TokenCredential | None = self.credential
        if self.access:
            key = AzureNamedKeyCredential(self.place.account, self.access.key) if self.access.key else None
            signed = key or AzureSasCredential(self.access.sas)
        return ContainerClient(
            self.place.account_url,
            self.place.container,
            credential=signed,
            api_version=API_VERSION,
            retry_policy=retry,
            connection_timeout=connecting,
            read_timeout=reading,
        )

    def _asked(self, doing: str) -> Asked:
        return Asked(self.place, self.access, doing)

    @property
    def where(self) -> str:
        """Its address, without any secret."""
        return str(self.place)

    def ready(self, writing: bool) -> None:
        """All that an apply does here is done once, to a blob that is removed again."""
        with self._asked("list"):
            next(iter(self._client.list_blob_names(name_starts_with=self.place.prefix, results_per_page=1)), None)
        if not writing:
            return
        probe = self._client.get_blob_client(f"{self.place.prefix}.probe-{uuid.uuid4().hex}")
        with self._asked("create a blob"):
            probe.create_append_blob()
        with self._asked("append to a blob"):
            probe.append_block(b"\n")
        with self._asked("lease a blob"):
            lease = probe.acquire_lease(lease_duration=15)
        with self._asked("replace and remove a leased blob"):
            probe.upload_blob(b"", overwrite=True, blob_type=BlobType.APPENDBLOB, lease=lease)
            probe.delete_blob(lease=lease)

    def read(self, name: str) -> Stored | None:
        """With its etag."""
        with self._asked(f"read {name}") as asked:
            try:
                download = self._blob(name).download_blob(encoding=None)
                return Stored(download.readall(), str(download.properties.etag))
            except HttpResponseError as error:
                asked.only(error, "BlobNotFound")
                return None

    def write(self, name: str, data: bytes, etag: str | None) -> str:
        """By one conditional request, marked as ours: repeated after a lost answer, it is found to be done."""
        blob, mark = self._blob(name), {WRITING: uuid.uuid4().hex}
        known = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        condition = known if etag else {"match_condition": MatchConditions.IfMissing}
        with self._asked(f"write {name}") as asked:
            try:
                return str(blob.upload_blob(data, overwrite=True, metadata=mark, **condition)["etag"])
            except HttpResponseError as error:
                asked.only(error, "ConditionNotMet", "BlobAlreadyExists", "UnauthorizedBlobOverwrite", "BlobNotFound")
                trouble = asked.explained(error)
            there = blob.get_blob_properties() if blob.exists() else None
            if there and (there.metadata or {}).get(WRITING) == mark[WRITING]:
                return str(there.etag)
        what = f"{self.where}: {name} has been written by somebody else"
        seen = {"code": trouble.code, "request_id": trouble.request_id}
        raise Stale(what, "Run it again.", status=trouble.status, **seen)

    def append(self, name: str, data: bytes) -> None:
        """One block at the position where it belongs: there wholly or not, and never twice."""
        whole_lines(data)
        with self._guard:
            for _ in range(MOVED):
                if self._appended(name, data):
                    return
        raise StorageError(f"{self.where}: others keep appending to {name}", "Run it again.")

    def _appended(self, name: str, data: bytes) -> bool:
        blob = self._blob(name)
        repeated: list[object] = []
        with self._asked(f"append to {name}") as asked:
            end = self._ends[name] if name in self._ends else self._begun(blob)
            try:
                blob.append_block(data, appendpos_condition=end, retry_hook=lambda **_: repeated.append(True))
            except HttpResponseError as error:
                asked.only(error, "AppendPositionConditionNotMet", "BlobNotFound")
                if code_of(error) == "BlobNotFound":  # removed since it was last written
                    self._ends.pop(name, None)
                    return False
                size = blob.get_blob_properties().size
                # Only a request that the library has repeated can have failed because of itself.
                there = repeated and size >= end + len(data)
                mine = bool(there) and blob.download_blob(end, len(data)).readall() == data
                self._ends[name] = end + len(data) if mine else size
                return mine
            self._ends[name] = end + len(data)
            return True

    def _begun(self, blob: BlobClient) -> int:
        try:
            blob.create_append_blob(match_condition=MatchConditions.IfMissing)
        except HttpResponseError as error:
            if not is_conflict(error, "BlobAlreadyExists", "ConditionNotMet", "UnauthorizedBlobOverwrite"):
                raise
        return blob.get_blob_properties().size

    def names(self, prefix: str = "") -> list[str]:
        """Locks do not count."""
        start = self.place.prefix
        with self._asked("list"):
            found = [name[len(start) :] for name in self._client.list_blob_names(name_starts_with=start + prefix)]
        return sorted(name for name in found if not any(part.startswith(".") for part in name.split("/")))

    def remove(self, name: str) -> None:
        """With its snapshots, if it has any."""
        with self._asked(f"remove {name}") as asked:
            try:
                self._blob(name).delete_blob(delete_snapshots="include")
            except HttpResponseError as error:
                asked.only(error, "BlobNotFound")

    def lock(self, customer: str, holder: Holder) -> Lease:
        """A lease on a blob whose metadata says who holds it, renewed until it is left."""
        blob = self._lock_blob(customer, self._client)
        lease = BlobLeaseClient(self._lock_blob(customer, self._brief), lease_id=str(uuid.uuid4()))
        with self._asked("lock") as asked:
            held = Lease(holder, self.where, lease, self.lease_seconds)
            # Under an id of ours: repeated after a lost answer, it is granted again and not refused.
            acquire = BlobLeaseClient(blob, lease_id=lease.id).acquire
            try:
                try:
                    acquire(lease_duration=self.lease_seconds)
                except HttpResponseError as error:
                    asked.only(error, "BlobNotFound")
                    self._make_lock(blob)
                    acquire(lease_duration=self.lease_seconds)
            except HttpResponseError as error:
                asked.only(error, "LeaseAlreadyPresent", "LeaseIsBreakingAndCannotBeAcquired")
                raise self._locked(customer, blob.get_blob_properties()) from None
            try:
                blob.set_blob_metadata(_told(holder), lease=lease.id)
                held.start()
            except BaseException:
                held.__exit__(None, None, None)
                raise
        return held

    def unlock(self, customer: str, reason: str, by: Holder, force: bool = False) -> Holder | None:
        """Whether its process is alive cannot be known from here. It notices within a third of the lease's time."""
        blob = self._lock_blob(customer, self._client)
        with self._asked("unlock") as asked:
            try:
                properties = blob.get_blob_properties()
            except HttpResponseError as error:
                asked.only(error, "BlobNotFound")
                return None
            holder = _holder(properties)
            line = audit(customer, reason, by, holder)
            if properties.lease.state not in ("leased", "breaking"):
                return None
            self.append(UNLOCKS, line)
            try:
                BlobLeaseClient(blob).break_lease(lease_break_period=0)
            except HttpResponseError as error:  # it has ended meanwhile
                asked.only(error, "LeaseNotPresentWithLeaseOperation")
        return holder

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()
        self._brief.close()

    def _blob(self, name: str) -> BlobClient:
        return self._client.get_blob_client(self.place.prefix + checked(name))

    def _lock_blob(self, customer: str, client: ContainerClient) -> BlobClient:
        return client.get_blob_client(f"{self.place.prefix}{checked(folder_of(customer))}/.lock")

    def _make_lock(self, blob: BlobClient) -> None:
        try:
            blob.upload_blob(b"", overwrite=True, match_condition=MatchConditions.IfMissing)
        except HttpResponseError as error:  # another run was faster
            taken = "BlobAlreadyExists", "ConditionNotMet", "UnauthorizedBlobOverwrite", "LeaseIdMissing"
            if not is_conflict(error, *taken):
                raise

    def _locked(self, customer: str, properties: BlobProperties) -> Locked:
        holder = _holder(properties)
        return Locked(folder_of(customer), str(holder), holder.since)


def _told(holder: Holder) -> dict[str, str]:
    """Metadata travels in headers, which take ASCII only."""
    return {name: quote(value, safe=" :+.-_@") for name, value in holder.as_json().items() if value}


def _holder(properties: BlobProperties) -> Holder:
    told = properties.metadata or {}
    return Holder.from_json({name.casefold(): unquote(str(value)) for name, value in told.items()})
