"""What is deployed, as its configuration says: brought into one shape and turned into predictions, none of them believed."""
