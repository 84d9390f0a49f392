"""What a requirements.txt would do to MWAA's packages, asked of MWAA's own pip in its interpreter; nothing is installed."""
