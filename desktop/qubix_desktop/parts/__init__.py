"""Small widgets that each draw one value; pages and windows are put together from them."""
