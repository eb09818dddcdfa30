"""What runs `poll` by itself: a systemd timer or a line of cron, as text; and what asks for it."""
