"""From request to signed opinion: request → triage → invite → schedule → live → opinion → decision → follow-up."""
