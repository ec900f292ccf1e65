"""driftscan as git's post-commit hook in the repository that etckeeper keeps."""
