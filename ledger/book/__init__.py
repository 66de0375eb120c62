"""The book of points: accounts, transfers, outcomes, log. The only writer of points; knows no Flask and no villager."""
