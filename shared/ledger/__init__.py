"""The ledger: what ran on which inputs and what came out, in the warehouse."""
