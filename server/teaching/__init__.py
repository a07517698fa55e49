"""Teaching: rounds, discussions, demonstrations, lectures, courses; enrolment, attendance, credit, certificates."""
