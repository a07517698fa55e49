"""What a patient, or who answers for them, agreed to: which text, how signed, until when."""
