"""Stories: documents that grew out of one another, under a name that stays."""
