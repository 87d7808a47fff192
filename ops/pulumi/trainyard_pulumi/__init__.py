"""What a Trainyard installation needs in AWS. fleet and plan decide and are pure; the others make resources."""
