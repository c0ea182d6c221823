"""What a question may rest on: the clip as seen in the frames that are shown."""
