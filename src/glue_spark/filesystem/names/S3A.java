package org.apache.hadoop.fs.s3a;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import mwaalocal.s3.S3;
import org.apache.hadoop.conf.Configuration;

/** The name that Hadoop's own settings have for `fs.AbstractFileSystem.s3a.impl`. */
public class S3A extends S3 {
    public S3A(URI uri, Configuration conf) throws IOException, URISyntaxException {
        super(uri, conf);
    }
}
