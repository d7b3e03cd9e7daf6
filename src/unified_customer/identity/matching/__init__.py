"""Who is who without configuration: roles of columns, normal forms, candidate pairs, comparison, model, linkage."""
