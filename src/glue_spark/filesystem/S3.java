package mwaalocal.s3;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.DelegateToFileSystem;

/** The same file system for FileContext, through which Spark writes the checkpoints of streams. */
public class S3 extends DelegateToFileSystem {
    public S3(URI uri, Configuration conf) throws IOException, URISyntaxException {
        super(uri, new S3FileSystem(), conf, uri.getScheme(), false);
    }

    /** A bucket has no port. */
    @Override
    public int getUriDefaultPort() {
        return -1;
    }
}
