package mwaalocal.s3;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** A large file in parts. The object appears whole with the last request, or not at all. */
final class MultipartUpload {
    private static final int MOST_PARTS = 10_000; // https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
    private static final int THREADS = 4;

    private final Bucket bucket;
    private final String key;
    private final File file;
    private final long partSize;
    private String id;

    MultipartUpload(Bucket bucket, String key, File file, long partSize) {
        this.bucket = bucket;
        this.key = key;
        this.file = file;
        this.partSize = Math.max(partSize, file.length() / MOST_PARTS + 1);
    }

    void run() throws IOException {
        Answer begun = bucket.send(bucket.request("POST", key).query("uploads", "")
                .header("content-type", "application/octet-stream").body(new byte[0]));
        id = Xml.text(Xml.parse(begun.bytes), "UploadId");
        try {
            complete(Parallel.run(THREADS, parts()));
        } catch (IOException | RuntimeException failure) {
            abort(failure);
            throw failure;
        }
    }

    /** One task a part, whose result is the part's ETag. */
    private List<Callable<String>> parts() {
        List<Callable<String>> parts = new ArrayList<>();
        for (long offset = 0; offset < file.length(); offset += partSize) {
            Request request = bucket.request("PUT", key).query("uploadId", id)
                    .query("partNumber", Integer.toString(parts.size() + 1))
                    .header("content-type", "application/octet-stream")
                    .body(file, offset, Math.min(partSize, file.length() - offset));
            parts.add(() -> bucket.send(request).etag);
        }
        return parts;
    }

    private void complete(List<String> etags) throws IOException {
        StringBuilder parts = new StringBuilder("<CompleteMultipartUpload>");
        for (int i = 0; i < etags.size(); i++) {
            parts.append("<Part><PartNumber>").append(i + 1).append("</PartNumber><ETag>")
                    .append(Xml.escape(etags.get(i))).append("</ETag></Part>");
        }
        byte[] body = parts.append("</CompleteMultipartUpload>").toString().getBytes(StandardCharsets.UTF_8);
        Answer answer = bucket.send(bucket.request("POST", key).query("uploadId", id)
                .header("content-type", "application/xml").body(body));
        Bucket.refuseHidden(answer, "completing the upload of s3://" + bucket.name + "/" + key);
    }

    /** So that S3 does not keep the parts. What went wrong first stays the error. */
    private void abort(Exception failure) {
        try {
            bucket.send(bucket.request("DELETE", key).query("uploadId", id));
        } catch (IOException error) {
            failure.addSuppressed(error);
        }
    }
}
