"""What editing the knowledge needs besides the field itself: review, differences, likeness, drafts, spreadsheets. Pure."""
