"""The command line: parse, call one command, render, exit. Imports typer and nothing heavy.

Every verb imports what it needs inside itself: `status` must not pay for the web library, nor
`--help` for the database.
"""
