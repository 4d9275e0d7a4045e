"""What torch lacks: modules that import only torch, copied into emitted code as they stand."""
