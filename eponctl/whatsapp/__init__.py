"""WhatsApp providers, one file each; provider.py finds them by name."""
