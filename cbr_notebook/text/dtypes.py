"""Texts and times as columns of a table: the same dtypes with pandas 2.3 as with pandas 3."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
import pandas as pd

TEXT = pd.StringDtype(na_value=np.nan)
"""The dtype of texts: what pandas 3 calls ``str``, which pandas 2.3 has but does not choose."""


def utc_times(values: Iterable[datetime | None]) -> pd.Series[pd.Timestamp]:
    """Return moments, which have a zone, as a column of UTC times; years 1 to 9999 fit."""
    plain = [None if each is None else each.astimezone(UTC).replace(tzinfo=None) for each in values]
    return pd.Series(np.array(plain, dtype="datetime64[us]")).dt.tz_localize("UTC")
