"""One file per benchmark: its demo set in its own file format, and what an import must find."""
