"""Who the patient is, what they agreed to, and how they are found again without being readable in the store."""
