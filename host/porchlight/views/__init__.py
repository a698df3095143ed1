"""Views: a hub's or resident's opening of cameras; see views.py for the rules."""

from porchlight.sections import ViewRules
from porchlight.views.look import Look
from porchlight.views.view import Intent, View, Who
from porchlight.views.views import Views

__all__ = ["Intent", "Look", "View", "ViewRules", "Views", "Who"]
