"""The language in which it is said who is in an audience: values that are put together with `&`, `|` and `~`."""
