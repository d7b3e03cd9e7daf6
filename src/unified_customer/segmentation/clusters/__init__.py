"""Segments by numbers of each customer, as many as the evidence bears."""

from unified_customer.segmentation.clusters.spec import Clusters, FittedClusters

__all__ = ["Clusters", "FittedClusters"]
