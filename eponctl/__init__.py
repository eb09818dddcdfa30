"""eponctl: polls EPON OLTs, remembers what it saw and sends WhatsApp alerts for what changed."""

__version__ = "0.1.0"
