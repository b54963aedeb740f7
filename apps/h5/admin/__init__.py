"""What staff see of the member pages: where visitors came from, what they did, links and previews."""
