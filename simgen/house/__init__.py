"""ProcTHOR's house JSON: parsed and checked. Both the engine and the questions read houses through it."""
