"""Segments by how people take part: in e-mail, on the site, in the app, and in all of it."""

from unified_customer.segmentation.engagement.bounds import LEVELS, MAIL, VISITS, Mail, Visits
from unified_customer.segmentation.engagement.fitted import FittedEngagement
from unified_customer.segmentation.engagement.spec import Engagement

__all__ = ["LEVELS", "MAIL", "VISITS", "Engagement", "FittedEngagement", "Mail", "Visits"]
