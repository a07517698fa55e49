"""Teaching cases: closed consultations without who it was, read by trainees once a second person let them out."""
