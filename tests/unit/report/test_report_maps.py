import numpy as np
import pytest

from darkfigure.reference.world_map import world_outline
from darkfigure.report.map_projection import centred, great_circle, line_pieces, outline_pieces, project


def test_the_projection_agrees_with_its_polynomial_at_a_known_point():
    # By hand, latitude 60 degrees (p = 1.047198): y = p (1.007226 + 0.015085 p^2 - 0.044475 p^6 + ...).
    p = np.pi / 3
    y = p * (1.007226 + 0.015085 * p**2 - 0.044475 * p**6 + 0.028874 * p**8 - 0.005916 * p**10)
    x = 0.5 * np.pi * (0.8707 - 0.131979 * p**2 - 0.013791 * p**4 + 0.003971 * p**10 - 0.001529 * p**12)
    assert project(np.array([[90.0, 60.0]]))[0] == pytest.approx([x, y])


def test_the_map_is_symmetric():
    a, b = project(np.array([[100.0, 40.0], [-100.0, -40.0]]))
    assert a == pytest.approx(-b)


def test_a_great_circle_is_the_shortest_way():
    way = great_circle((121.0, 15.0), (-74.0, 40.7), 200)
    radians = np.radians(way)
    units = np.column_stack(
        [
            np.cos(radians[:, 1]) * np.cos(radians[:, 0]),
            np.cos(radians[:, 1]) * np.sin(radians[:, 0]),
            np.sin(radians[:, 1]),
        ]
    )
    steps = np.arccos(np.clip((units[1:] * units[:-1]).sum(axis=1), -1, 1))
    assert steps.sum() == pytest.approx(float(np.arccos(units[0] @ units[-1])), rel=1e-6)
    assert way[0] == pytest.approx((121.0, 15.0)) and way[-1] == pytest.approx((-74.0, 40.7))
    assert way[:, 1].max() > 60


def test_a_line_over_the_map_edge_is_cut_in_two():
    crossing = np.array([[-25.0, 0.0], [-29.0, 0.0], [-31.0, 0.0], [-35.0, 0.0]])
    pieces = line_pieces(crossing)
    assert len(pieces) == 2
    assert pieces[0][:, 0].max() * pieces[1][:, 0].max() < 0


def test_a_line_over_the_date_line_stays_whole():
    assert len(line_pieces(np.array([[170.0, 0.0], [-170.0, 10.0]]))) == 1
    assert centred(np.array([[170.0, 0.0], [-170.0, 10.0]]))[:, 0].tolist() == [20.0, 40.0]


def test_an_outline_over_the_map_edge_is_cut_without_losing_area():
    square = np.array([[-40.0, -5.0], [-20.0, -5.0], [-20.0, 5.0], [-40.0, 5.0], [-40.0, -5.0]])
    whole = outline_pieces(square + np.array([180.0, 0.0]))
    pieces = outline_pieces(square)
    assert len(pieces) == 2 and len(whole) == 1
    assert sum(map(_area, pieces)) == pytest.approx(_area(whole[0]), rel=1e-3)


def test_a_sloping_side_is_cut_where_it_meets_the_edge():
    triangle = np.array([[-34.0, 0.0], [-29.0, 0.0], [-29.0, 5.0], [-34.0, 0.0]])
    pieces = outline_pieces(triangle)
    whole = outline_pieces(triangle + np.array([180.0, 0.0]))
    # The projection bends the sloping side a little, so the areas agree to a hundredth only.
    assert sum(map(_area, pieces)) == pytest.approx(_area(whole[0]), rel=1e-2)
    assert max(float(p[:, 1].max()) for p in pieces) == pytest.approx(float(whole[0][:, 1].max()))
    left = max(pieces, key=lambda p: p[:, 0].max())
    assert float(left[:, 1].max()) == pytest.approx(float(project(np.array([[180.0, 4.0]]))[0, 1]))


def _area(ring):
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def test_every_outline_lies_on_the_map():
    left, right = project(np.array([[-180.0, 0.0], [180.0, 0.0]]))[:, 0]
    for ring in world_outline().land:
        for piece in outline_pieces(ring):
            assert piece[:, 0].min() >= left - 1e-9 and piece[:, 0].max() <= right + 1e-9
            assert np.abs(np.diff(piece[:, 0])).max() < 1.5


def test_the_outline_holds_the_philippines_and_no_antarctica():
    rings = world_outline().land
    assert min(float(r[:, 1].min()) for r in rings) > -60
    assert any(118 < float(r[:, 0].mean()) < 127 and 5 < float(r[:, 1].mean()) < 19 for r in rings)
