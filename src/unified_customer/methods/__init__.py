"""Methods that several capabilities share, each under the name of its idea."""
