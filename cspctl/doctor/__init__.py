"""Examines accounts, rights and customers, and says of each thing whether it is well, and how to mend it if not."""

from __future__ import annotations

from cspctl.doctor.account import examine_account
from cspctl.doctor.customers import examine_customers
from cspctl.doctor.files import examine_files
from cspctl.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine_account", "examine_customers", "examine_files"]
