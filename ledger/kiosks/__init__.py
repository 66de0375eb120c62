"""The kiosks of a village: enrolment, snapshots, intake of their journals."""
