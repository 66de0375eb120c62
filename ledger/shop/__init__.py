"""The love supermarket: goods, stock, redemption."""
