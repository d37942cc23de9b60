"""The prints of the demo shop: carving engine, drawings and the script that makes picture masters of them."""
