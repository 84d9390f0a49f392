"""Keeps every AWS client of an interpreter on the local endpoint. Python 3.6 or later, standard library only.

endpoints   writes what botocore reads (AWS_DATA_PATH, AWS_CONFIG_FILE), so that every client goes to the local endpoint
imports     running code after the import of a module, for the guard
guard       refuses, at interpreter level, what would still leave for real AWS
"""
