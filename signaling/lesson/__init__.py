"""What goes on in a hall besides sound and picture: a tool is a fold of the log, a few rules, and what pages see."""
