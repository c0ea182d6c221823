"""Pictures and tables of clips, questions and audits."""
