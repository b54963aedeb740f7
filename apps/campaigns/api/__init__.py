"""The members' API of campaigns (H5, mini-programs), and the till's."""
