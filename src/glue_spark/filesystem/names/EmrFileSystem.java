package com.amazon.ws.emr.hadoop.fs;

import mwaalocal.s3.S3FileSystem;

/** The name by which scripts set `fs.s3.impl` to what AWS has for it. */
public class EmrFileSystem extends S3FileSystem {}
