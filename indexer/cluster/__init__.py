"""Reading on other machines: pages go out as orders, sealed bundles come back. A module for each way to carry them."""
