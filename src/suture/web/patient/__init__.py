"""For whoever follows a link: a patient's visits, a clinician's day."""
