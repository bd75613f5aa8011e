"""One prediction explained: from which features, by which model, and what happened then."""
