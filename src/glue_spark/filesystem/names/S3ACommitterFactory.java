package org.apache.hadoop.fs.s3a.commit;

import java.io.IOException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.lib.output.PathOutputCommitter;
import org.apache.hadoop.mapreduce.lib.output.PathOutputCommitterFactory;

/**
 * What Hadoop's own settings ask for the committer of an s3a path (`mapreduce.outputcommitter.factory.scheme.s3a`): the plain
 * FileOutputCommitter, which is right here.
 */
public class S3ACommitterFactory extends PathOutputCommitterFactory {
    @Override
    public PathOutputCommitter createOutputCommitter(Path output, TaskAttemptContext context) throws IOException {
        return createFileOutputCommitter(output, context);
    }
}
