"""`suture policy import|list|show|activate|history|rollback`: the stored versions of the outreach policy."""

from suture.cli.versions import commands_of
from suture.service.configuration import POLICY

COMMANDS = commands_of(POLICY)
