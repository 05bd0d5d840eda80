"""The nearest names by the standard library, for ``leo_helpers.errors.nearest``."""

from difflib import SequenceMatcher


class fuzz:
    """How like two texts are, out of 100."""

    @staticmethod
    def ratio(one, other):
        """Return the share of letters that the two have in common, in order."""
        return 100 * SequenceMatcher(None, one, other).ratio()

    WRatio = ratio


class process:
    """Choosing among names."""

    @staticmethod
    def extract(name, choices, scorer, limit, score_cutoff):
        """Return (text, likeness, key) of the likest choices, best first."""
        found = [(text, scorer(name, text), key) for key, text in choices.items()]
        found = [item for item in found if item[1] >= score_cutoff]
        return sorted(found, key=lambda item: -item[1])[:limit]
