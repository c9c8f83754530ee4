"""Settings, read once from the environment. docs/operations/settings.md describes every variable.

Nothing is refused here: the apps' `checks` judge the settings when a process starts.
"""

from clinic.config.settings.api import *
from clinic.config.settings.applications import *
from clinic.config.settings.beat import *
from clinic.config.settings.database import *
from clinic.config.settings.files import *
from clinic.config.settings.installation import *
from clinic.config.settings.invoices import *
from clinic.config.settings.logs import *
from clinic.config.settings.messages import *
from clinic.config.settings.payments import *
from clinic.config.settings.security import *
from clinic.config.settings.visits import *
from clinic.config.settings.work import *
