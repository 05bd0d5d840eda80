"""The style of the figures: contrast, colour blindness, and what the helpers draw."""

from itertools import combinations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

import leo_helpers.plots as plots

# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@pytest.fixture(autouse=True)
def style():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def linear(colour):
    rgb = np.array(to_rgb(f"#{colour}" if len(str(colour)) == 6 else colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one, two):
    low, high = sorted(float(linear(c) @ XYZ[1]) for c in (one, two))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    ratio = XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def cycle(key):
    return mpl.rcParams["axes.prop_cycle"].by_key()[key]


def test_a_figure_brings_its_own_ground():
    assert mpl.rcParams["figure.facecolor"] == mpl.rcParams["savefig.facecolor"] == "#FFFFFF"
    assert mpl.rcParams["savefig.transparent"] is False


@pytest.mark.parametrize(
    "key", ["text.color", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"]
)
def test_words_can_be_read(key):
    assert contrast(mpl.rcParams[key], mpl.rcParams["axes.facecolor"]) >= 7


def test_lines_can_be_seen():
    assert all(contrast(c, mpl.rcParams["axes.facecolor"]) >= 3 for c in cycle("color"))


@pytest.mark.parametrize("ground", ["#ffffff", "#121212"])
def test_lines_can_be_seen_on_light_and_on_dark(ground):
    weak = {c: round(contrast(c, ground), 2) for c in cycle("color") if contrast(c, ground) < 3}
    assert not weak


@pytest.mark.parametrize("ground", ["#ffffff", "#121212"])
def test_marks_of_breaks_can_be_seen_on_light_and_on_dark(ground):
    line = plots.mark_breaks(plt.subplots()[1], {2015: "reform"}).lines[0]
    assert contrast(line.get_color(), ground) >= 3


@pytest.mark.parametrize("kind", BLINDNESS)
def test_neighbours_differ_in_colour_or_in_line(kind):
    looks = list(zip(cycle("color"), cycle("linestyle"), strict=True))
    for (one, line), (two, other) in combinations(looks, 2):
        seen = [lab(np.array(BLINDNESS[kind]) @ linear(c)) for c in (one, two)]
        assert line != other or np.linalg.norm(seen[0] - seen[1]) >= 20, (one, two)


def test_note_says_synthetic():
    assert "synthetic" in plots.note_synthetic(plt.subplots()[1]).texts[0].get_text()


def test_note_in_words_of_ones_own_keeps_the_axes():
    ax = plt.subplots()[1]
    assert plots.note_synthetic(ax, "made up") is ax and ax.texts[0].get_text() == "made up"


def test_breaks_stand_between_two_years():
    ax = plots.mark_breaks(plt.subplots()[1], {2015: "reform"})
    assert list(ax.lines[0].get_xdata()) == [2014.5, 2014.5]
    assert ax.texts[0].get_text() == "reform"


def test_every_break_has_its_line_and_its_words():
    ax = plots.mark_breaks(plt.subplots()[1], {2015: "SEN", 2018: "grades"})
    assert [line.get_xdata()[0] for line in ax.lines] == [2014.5, 2017.5]
    assert [text.get_text() for text in ax.texts] == ["SEN", "grades"]
    assert all(line.get_linestyle() == "--" for line in ax.lines)
    assert not plots.mark_breaks(plt.subplots()[1], {}).lines
