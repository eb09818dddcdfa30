"""The dashboard as one page of HTML that loads nothing: its template, style, script and charts."""
