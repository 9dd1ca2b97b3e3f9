"""Many photographs: the list on disk, claims, workers, staging, reports."""
