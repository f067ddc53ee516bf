"""Demo data: an invented district, made only by replaying the product's own actions."""
