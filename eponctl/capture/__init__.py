"""A recording of what a device answers, without what names its owner."""
