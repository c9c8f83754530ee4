"""The money as its manager sees it: what came in, what needs a person, how documents are issued."""
