"""The contract between connectors and the rest: records, streams, errors, transport. No Django here, and no vendor."""
