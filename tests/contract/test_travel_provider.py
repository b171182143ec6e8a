"""What every travel-time provider promises; and the figures of the crowfly estimate."""

from datetime import UTC, datetime

import pytest
from tests.fakes.ports import FlatTravel

from suture.integrations.travel.crowfly.adapter import Crowfly, drive_seconds
from suture.model.ids import PlaceId
from suture.model.people import Place
from suture.model.travel import Quality
from suture.ports import TravelTimeProvider
from suture.service.travel import STOP_OVERHEAD_SECONDS, travel_times

AT = datetime(2026, 3, 24, 12, tzinfo=UTC)


def place(n: int, lat: float, lon: float) -> Place:
    return Place(PlaceId(n), lat, lon, "America/New_York")


PLACES = (place(1, 39.9937521, -83.0122549), place(2, 40.0110060, -83.0122480), place(3, 39.9784890, -82.9))
TWIN = place(4, 39.9937521, -83.0122549)


@pytest.fixture(params=["crowfly", "fake"])
def provider(request: pytest.FixtureRequest) -> TravelTimeProvider:
    return Crowfly() if request.param == "crowfly" else FlatTravel()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_the_matrix_is_square_whole_and_never_negative(provider: TravelTimeProvider, n: int) -> None:
    matrix = provider.matrix(PLACES[:n], depart_at=AT)
    assert len(matrix.seconds) == n and all(len(row) == n for row in matrix.seconds)
    assert all(type(s) is int and s >= 0 for row in matrix.seconds for s in row)
    assert all(matrix.seconds[i][i] == 0 for i in range(n))
    assert matrix.source and isinstance(matrix.quality, Quality)


def test_two_visits_in_one_house_need_no_drive(provider: TravelTimeProvider) -> None:
    matrix = provider.matrix((PLACES[0], TWIN, PLACES[1]), depart_at=AT)
    assert matrix.seconds[0][1] == matrix.seconds[1][0] == 0
    assert matrix.seconds[0][2] > 0


def test_the_same_question_has_the_same_answer(provider: TravelTimeProvider) -> None:
    assert provider.matrix(PLACES, depart_at=AT) == provider.matrix(PLACES, depart_at=AT)


@pytest.mark.parametrize(
    ("km", "seconds"),
    [(0.0, 0), (0.0299, 0), (0.03, 60), (0.1, 60), (0.18, 62), (1.0, 200), (5.0, 608), (10.0, 980), (40.0, 2550)],
)
def test_the_estimate_is_200_seconds_times_km_to_the_power_of_0_69(km: float, seconds: int) -> None:
    assert drive_seconds(km) == seconds


def test_latitude_comes_first() -> None:
    north, east = place(1, 40.1, -83.0), place(2, 40.0, -82.9)
    home = place(3, 40.0, -83.0)
    seconds = Crowfly().matrix((home, north, east), depart_at=AT).seconds
    assert seconds[0][1] == drive_seconds(11.1195) > seconds[0][2]  # a degree of longitude is shorter up here


def test_an_estimate_says_that_it_is_one() -> None:
    matrix = Crowfly().matrix(PLACES, depart_at=AT)
    assert (matrix.quality, matrix.source) == (Quality.ESTIMATE, "crowfly 200 km^0.69")


def test_the_stop_itself_is_added_between_different_places_only(provider: TravelTimeProvider) -> None:
    places = (*PLACES, TWIN)
    driving, times = provider.matrix(places, depart_at=AT), travel_times(provider, places, AT)
    assert times.seconds(PlaceId(1), PlaceId(2)) == driving.seconds[0][1] + STOP_OVERHEAD_SECONDS
    assert times.seconds(PlaceId(1), PlaceId(1)) == times.seconds(PlaceId(1), PlaceId(4)) == 0
