"""What the DAG files share: names of assets, retry and deadline policy, the day that a run speaks of."""
