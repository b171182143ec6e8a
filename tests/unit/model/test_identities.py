"""What groups of the agency's own sign-in add up to."""

import pytest

from suture.model.actors import Role
from suture.model.identities import Grant, granted
from suture.model.ids import BranchId

WEST, EAST = BranchId(1), BranchId(2)
BY_GROUP = {
    "west": Grant(frozenset({Role.COORDINATOR}), frozenset({WEST}), ("WEST",)),
    "east": Grant(frozenset({Role.SUPERVISOR}), frozenset({EAST}), ("EAST",)),
    "leads": Grant(frozenset({Role.LEAD}), None),
}


@pytest.mark.parametrize("groups", [(), ("choir",), ("WEST",), ("west ",)])
def test_a_group_that_is_not_known_gives_nothing(groups: tuple[str, ...]) -> None:
    assert granted(BY_GROUP, groups) == Grant()
    assert granted({}, groups) == Grant()


def test_several_groups_give_all_of_their_roles_in_all_of_their_branches() -> None:
    assert granted(BY_GROUP, ["east", "west", "choir"]) == Grant(
        frozenset({Role.COORDINATOR, Role.SUPERVISOR}), frozenset({WEST, EAST}), ("EAST", "WEST")
    )


def test_a_group_of_every_branch_opens_every_branch() -> None:
    assert granted(BY_GROUP, ["west", "leads"]) == Grant(frozenset({Role.COORDINATOR, Role.LEAD}), None)
