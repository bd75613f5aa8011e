"""How good predictions were: the numbers, the text, and the page of `nba report predictions`."""
