"""Mouse tools: one class for each gesture, each with `started`, `finished` and `cancelled`."""
