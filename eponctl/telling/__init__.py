"""Who is told what, and when: routes, ledger, quiet hours, maintenance, budget. Pure, no I/O."""
