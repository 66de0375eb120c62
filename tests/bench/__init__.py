"""``make bench``: each figure beside a raw baseline of the same run. It measures and tells; it fails on nothing."""
