"""The part of AWS's `awsglue` package that Python shell jobs may use: awsglue.utils.getResolvedOptions."""
