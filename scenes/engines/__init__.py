"""The engines that a recipe can choose, behind one Protocol."""
