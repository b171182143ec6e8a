"""Which branch a caller means."""

from suture.model.people import Branch
from suture.service.errors import UnknownBranch
from suture.store.branches import all_branches, branch_by_external_id, only_branch
from suture.store.transaction import Tx
from suture.words.catalog import _


def the_branch(tx: Tx, external_id: str | None) -> Branch:
    """The branch of that id, or the only one there is. Raises UnknownBranch."""
    if external_id is not None:
        return find_branch(tx, external_id)
    if only := only_branch(tx):
        return only
    if known := all_branches(tx):
        raise UnknownBranch(_("Name a branch: there are {branches}.", branches=", ".join(b.external_id for b in known)))
    return find_branch(tx, "")


def find_branch(tx: Tx, external_id: str) -> Branch:
    """The branch of that id. Raises UnknownBranch."""
    branch = branch_by_external_id(tx, external_id) if external_id.isprintable() else None
    if branch is None:
        known = ", ".join(b.external_id for b in all_branches(tx)) or _("none yet: import its files first")
        raise UnknownBranch(_("There is no branch {branch}. Known: {known}.", branch=repr(external_id), known=known))
    return branch
