"""Working calendar, resources, availability, bookings, reminders.

Pure: intervals, buckets, working_calendar, deadlines, availability, strip, invitations.
With the store: model, queries, service (bookings), hours (weekly hours, exceptions, rooms), free (free times).
"""
