"""The filling data interface (F89): how stations sign, what they send, how it is judged and kept."""
