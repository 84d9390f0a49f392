package mwaalocal.s3;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.hadoop.security.AccessControlException;

/** The one server that is talked to. Redirects are not followed and no proxy is asked, so nothing goes elsewhere. */
final class Endpoint {
    private static final int ATTEMPTS = 7;
    private static final int FIRST_PAUSE_MS = 100; // doubled each time: some 6 s in all
    private static final int CONNECT_MS = 5_000;
    private static final int READ_MS = 120_000;
    private static final int COPY_BYTES = 256 << 10;

    private final URI uri;
    private final String host;
    private final Signature signature;

    Endpoint(Settings settings) {
        // HttpURLConnection would set a Host header without a port that is the scheme's own.
        int port = settings.endpoint.getPort();
        boolean usual = port < 0 || port == (settings.endpoint.getScheme().equals("https") ? 443 : 80);
        uri = settings.endpoint;
        host = uri.getHost() + (usual ? "" : ":" + port);
        signature = new Signature(settings);
    }

    /** A successful answer. What may pass (5xx, 429, a broken connection) is tried again; what S3 refused is raised at once. */
    Answer send(Request request) throws IOException {
        for (int attempt = 1; ; attempt++) {
            IOException failure;
            try {
                Answer answer = exchange(request);
                if (answer.isSuccess()) {
                    return answer;
                }
                failure = S3Error.of(request, answer);
            } catch (IOException broken) {
                failure = broken;
            }
            if (!mayPass(failure)) {
                throw failure;
            }
            if (attempt == ATTEMPTS) {
                throw new IOException(request + " failed " + ATTEMPTS + " times at " + uri + ": " + failure.getMessage(), failure);
            }
            pause(attempt);
        }
    }

    private static boolean mayPass(IOException failure) {
        if (failure instanceof S3Error) {
            int status = ((S3Error) failure).status;
            return status >= 500 || status == 429;
        }
        return !(failure instanceof AccessControlException
                || failure instanceof FileNotFoundException // the body is gone
                || Thread.currentThread().isInterrupted());
    }

    private Answer exchange(Request request) throws IOException {
        String query = request.queryString();
        URL url = new URL(uri.getScheme() + "://" + host + request.path() + (query.isEmpty() ? "" : "?" + query));
        HttpURLConnection connection = (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
        connection.setRequestMethod(request.method);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout(CONNECT_MS);
        connection.setReadTimeout(READ_MS);
        signature.sign(request, host);
        for (Map.Entry<String, String> header : request.headers.entrySet()) {
            if (!header.getKey().equals("host")) { // set by the connection itself
                connection.setRequestProperty(header.getKey(), header.getValue());
            }
        }
        try {
            if (request.body != null) {
                write(request, connection);
            }
            return new Answer(connection);
        } catch (IOException broken) {
            connection.disconnect();
            throw broken;
        }
    }

    private static void write(Request request, HttpURLConnection connection) throws IOException {
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(request.length);
        byte[] buffer = new byte[(int) Math.min(COPY_BYTES, Math.max(1, request.length))];
        try (InputStream from = request.body.open(); OutputStream to = connection.getOutputStream()) {
            long left = request.length;
            while (left > 0) {
                int got = from.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (got < 0) {
                    throw new EOFException("What is to be sent ended " + left + " bytes early");
                }
                to.write(buffer, 0, got);
                left -= got;
            }
        }
    }

    private static void pause(int attempt) throws InterruptedIOException {
        long most = (long) FIRST_PAUSE_MS << (attempt - 1);
        try {
            Thread.sleep(most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while waiting to ask S3 again");
        }
    }
}
