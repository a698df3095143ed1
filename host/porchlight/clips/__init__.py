"""Motion clips: recorded under a grant for `clips`, kept for as long as it says, then gone."""
