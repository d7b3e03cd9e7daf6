"""Programs that embed the library."""
