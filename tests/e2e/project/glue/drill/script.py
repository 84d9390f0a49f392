"""Goes on until the object s3://drill/release is there, or for ten minutes."""

import time

import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3")
for _ in range(1200):
    try:
        s3.head_object(Bucket="drill", Key="release")
        break
    except ClientError:
        time.sleep(0.5)
print("done")
