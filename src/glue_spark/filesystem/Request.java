package mwaalocal.s3;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** One request to S3, which can be sent more than once: its body is opened anew each time. */
final class Request {
    /** What is sent along; `open` starts at its first byte. */
    interface Body {
        InputStream open() throws IOException;
    }

    private static final String UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    final String method;
    final String bucket;
    final String key;
    final SortedMap<String, String> query = new TreeMap<>();
    /** Names in small letters, as they are signed. */
    final SortedMap<String, String> headers = new TreeMap<>();
    Body body;
    long length;

    Request(String method, String bucket, String key) {
        this.method = method;
        this.bucket = bucket;
        this.key = key;
    }

    Request query(String name, String value) {
        query.put(name, value);
        return this;
    }

    Request header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    Request body(byte[] bytes) {
        body = () -> new ByteArrayInputStream(bytes);
        length = bytes.length;
        return this;
    }

    Request body(File file, long offset, long size) {
        body = () -> {
            FileInputStream stream = new FileInputStream(file);
            stream.getChannel().position(offset);
            return stream;
        };
        length = size;
        return this;
    }

    /** Path-style: the bucket is the first part of the path, as it cannot be put in front of an IP address. */
    String path() {
        return encode("/" + bucket + (key.isEmpty() ? "" : "/" + key), true);
    }

    String queryString() {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, String> one : query.entrySet()) {
            text.append(text.length() == 0 ? "" : "&");
            text.append(encode(one.getKey(), false)).append('=').append(encode(one.getValue(), false));
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return method + " s3://" + bucket + "/" + key + (query.isEmpty() ? "" : "?" + queryString());
    }

    /** Percent-encoding as Signature Version 4 wants it. */
    static String encode(String text, boolean keepSlashes) {
        StringBuilder encoded = new StringBuilder(text.length() + 16);
        for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
            char character = (char) (one & 0xff);
            if (UNRESERVED.indexOf(character) >= 0 || (keepSlashes && character == '/')) {
                encoded.append(character);
            } else {
                encoded.append(String.format("%%%02X", (int) character));
            }
        }
        return encoded.toString();
    }
}
