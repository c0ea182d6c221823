"""The state of a simulated house: its bodies, the free space, and what an agent can see."""
