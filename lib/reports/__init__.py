"""What a round says and what two rounds differ in: documents in, documents out, no I/O but `documents`."""
