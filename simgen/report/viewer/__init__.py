"""The viewer: a folder of pages that show clips, questions and answers in a browser, without a server."""
