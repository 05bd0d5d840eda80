"""Links that open the project on other people's servers: experimental."""

from __future__ import annotations

import html
from urllib.parse import urlsplit

#: Where publishing writes the links.
PLACE = "leo:launch"
FIRST = "notebooks/start/what-leo-is.ipynb"


def links(repository: str) -> str:
    """Return links to Binder and Colab as HTML, with the first cell; nothing away from GitHub.

    Parameters
    ----------
    repository : str
        Address of the source; empty if it is not known.

    Examples
    --------
    >>> links("https://github.com/some/book").count("/some/book/")
    2
    >>> links("")
    ''
    """
    at = urlsplit(repository)
    if at.hostname != "github.com":
        return ""
    name = html.escape(at.path.strip("/").removesuffix(".git"))
    binder = f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/_build/learner"
    colab = f"https://colab.research.google.com/github/{name}/blob/HEAD/{FIRST}"
    return (
        f'<p><a href="{binder}">Open in Binder</a> or <a href="{colab}">in Colab</a>. The first '
        f"cell in Colab: <code>!pip install -q git+https://github.com/{name}</code></p>"
    )
