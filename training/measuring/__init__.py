"""Networks and classical methods compared on the same photographs."""
