"""`porchlight bench`: what Porchlight promises about speed, measured as ratios within one run."""
