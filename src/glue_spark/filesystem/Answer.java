package mwaalocal.s3;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;

/** What S3 answered, read to its end: no connection is left open behind it. */
final class Answer {
    final int status;
    final byte[] bytes;
    final String etag;
    final String contentRange;

    /** Raises EOFException if the connection ended before the answer did. */
    Answer(HttpURLConnection connection) throws IOException {
        status = connection.getResponseCode();
        etag = connection.getHeaderField("ETag");
        contentRange = connection.getHeaderField("Content-Range");
        try (InputStream stream = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            bytes = stream == null ? new byte[0] : read(stream, connection.getContentLength());
        }
    }

    boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    private static byte[] read(InputStream stream, int length) throws IOException {
        if (length < 0) {
            return readAll(stream);
        }
        byte[] bytes = new byte[length];
        int filled = 0;
        while (filled < length) {
            int got = stream.read(bytes, filled, length - filled);
            if (got < 0) {
                throw new EOFException("The answer ended after " + filled + " of " + length + " bytes");
            }
            filled += got;
        }
        stream.read(); // its end, which gives the connection back for the next request
        return bytes;
    }

    private static byte[] readAll(InputStream stream) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        for (int got = stream.read(buffer); got >= 0; got = stream.read(buffer)) {
            bytes.write(buffer, 0, got);
        }
        return bytes.toByteArray();
    }
}
