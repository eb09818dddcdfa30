"""One file per firmware family; nothing else lives here."""
