"""Virtual users for Locust, over the same doors and operations as the sampler's."""
