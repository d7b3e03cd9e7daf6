"""Who is who: normal forms, blocking, comparison, clusters and the golden record."""
