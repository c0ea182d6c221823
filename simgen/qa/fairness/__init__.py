"""Choose questions whose words do not predict their answers, and measure what can still be guessed."""
