"""Every route of teaching."""

from server.teaching import (
    calendar_routes,
    correction_routes,
    credit_routes,
    learning_routes,
    library_routes,
    patient_routes,
    planning_routes,
    routes,
)

ROUTES = (
    planning_routes.routes,
    routes.routes,
    patient_routes.routes,
    calendar_routes.routes,
    credit_routes.routes,
    correction_routes.routes,
    learning_routes.routes,
    library_routes.routes,
)
"""In the order in which addresses are tried."""
