"""落地页: the editor of versions, their list, and what may be done with them."""
