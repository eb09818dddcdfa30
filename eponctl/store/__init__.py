"""The database: tables, queries, migrations, retention. Rows never leave this package."""
