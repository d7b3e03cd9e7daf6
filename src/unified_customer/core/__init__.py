"""The vocabulary: errors, models, tables, the field dictionary, keys and the frozen `Spec` base."""
