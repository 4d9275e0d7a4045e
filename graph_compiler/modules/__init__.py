"""What torch lacks, as modules that import only torch; emitted code holds copies of their classes."""
