package org.apache.hadoop.fs.s3a;

import mwaalocal.s3.S3FileSystem;

/** The name by which scripts set `fs.s3.impl`, and Hadoop's own settings `fs.s3a.impl`. */
public class S3AFileSystem extends S3FileSystem {}
