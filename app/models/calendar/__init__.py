"""Calendars, events, tasks."""

from app.models.calendar.calendar import Calendar
