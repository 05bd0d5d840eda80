"""``leo_helpers.connect`` of the playground: the page has made the views already."""

import duckdb

from .errors import DataSetError

DEFAULT_PROJECT = "2002237"


def connect(project=DEFAULT_PROJECT, root=None):
    """Return the page's engine."""
    if project != DEFAULT_PROJECT or root is not None:
        raise DataSetError("The playground has one data set, under project 2002237.")
    return duckdb.Connection()
