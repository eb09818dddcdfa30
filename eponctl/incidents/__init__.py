"""Incidents: from transitions to troubles with cause, confidence and evidence. Pure, no I/O."""
