"""The transparency report: what happened here in a quarter, counted from the log and from nothing
else. It names hubs, purposes and reasons; never a resident, a camera, a case or an operator."""
