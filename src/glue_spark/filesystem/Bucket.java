package mwaalocal.s3;

import java.io.File;
import java.io.IOException;
import java.io.UnsupportedEncodingException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.w3c.dom.Element;

/** S3's operations on one bucket. Keys are S3's own here: they may end with a slash. */
final class Bucket {
    private static final int MOST_DELETED = 1000; // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html

    final String name;
    private final Endpoint endpoint;
    private final Settings settings;

    Bucket(String name, Settings settings) {
        this.name = name;
        this.settings = settings;
        endpoint = new Endpoint(settings);
    }

    /** A page of a listing; `next` is null on the last one. */
    static final class Page {
        final List<Item> objects = new ArrayList<>();
        final List<String> prefixes = new ArrayList<>();
        String next;
    }

    /** One page of at most `most` keys, from the token on if it is not null. With a delimiter, keys behind it are one prefix. */
    Page list(String prefix, boolean delimited, int most, String token) throws IOException {
        // Encoded, as XML holds not every character that a key may.
        Request request = request("GET", "").query("list-type", "2").query("encoding-type", "url")
                .query("prefix", prefix).query("max-keys", Integer.toString(most));
        if (delimited) {
            request.query("delimiter", "/");
        }
        if (token != null) {
            request.query("continuation-token", token);
        }
        return page(Xml.parse(endpoint.send(request).bytes));
    }

    /** All of it, page by page. */
    Page listAll(String prefix, boolean delimited) throws IOException {
        Page all = new Page();
        String token = null;
        do {
            Page page = list(prefix, delimited, 1000, token);
            all.objects.addAll(page.objects);
            all.prefixes.addAll(page.prefixes);
            token = page.next;
        } while (token != null);
        return all;
    }

    /** Bytes from `first` to `last`, both included, or fewer at the object's end; with an ETag, of that very object only. */
    Answer get(String key, long first, long last, String etag) throws IOException {
        Request request = request("GET", key).header("range", "bytes=" + first + "-" + last);
        if (etag != null) {
            request.header("if-match", etag);
        }
        return endpoint.send(request);
    }

    void put(String key, File file) throws IOException {
        if (file.length() >= settings.multipartThreshold) {
            new MultipartUpload(this, key, file, settings.partSize).run();
            return;
        }
        send(request("PUT", key).header("content-type", "application/octet-stream").body(file, 0, file.length()));
    }

    void copy(String from, String to) throws IOException {
        String source = "/" + Request.encode(name + "/" + from, true);
        Answer answer = send(request("PUT", to).header("x-amz-copy-source", source).body(new byte[0]));
        refuseHidden(answer, "copying s3://" + name + "/" + from + " to " + to);
    }

    void delete(List<String> keys) throws IOException {
        for (int from = 0; from < keys.size(); from += MOST_DELETED) {
            deleteBatch(keys.subList(from, Math.min(keys.size(), from + MOST_DELETED)));
        }
    }

    Request request(String method, String key) {
        return new Request(method, name, key);
    }

    Answer send(Request request) throws IOException {
        return endpoint.send(request);
    }

    /** S3 answers some long operations with 200 before it knows; a failure is in the answer then. */
    static Element refuseHidden(Answer answer, String what) throws IOException {
        Element root = Xml.parse(answer.bytes);
        if (root.getNodeName().equals("Error")) {
            throw new IOException("S3 failed at " + what + ": " + Xml.text(root, "Code") + ": " + Xml.text(root, "Message"));
        }
        return root;
    }

    private void deleteBatch(List<String> keys) throws IOException {
        StringBuilder wanted = new StringBuilder("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>");
        for (String key : keys) {
            wanted.append("<Object><Key>").append(Xml.escape(key)).append("</Key></Object>");
        }
        byte[] body = wanted.append("</Delete>").toString().getBytes(StandardCharsets.UTF_8);
        Answer answer = send(request("POST", "").query("delete", "").header("content-md5", md5(body))
                .header("content-type", "application/xml").body(body));
        for (Element error : Xml.children(Xml.parse(answer.bytes), "Error")) {
            throw new IOException("S3 did not delete s3://" + name + "/" + Xml.text(error, "Key") + ": "
                    + Xml.text(error, "Code") + ": " + Xml.text(error, "Message"));
        }
    }

    private static Page page(Element root) throws IOException {
        Page page = new Page();
        for (Element object : Xml.children(root, "Contents")) {
            page.objects.add(Item.file(decode(Xml.text(object, "Key")), Long.parseLong(Xml.text(object, "Size")),
                    Instant.parse(Xml.text(object, "LastModified")).toEpochMilli()));
        }
        for (Element prefix : Xml.children(root, "CommonPrefixes")) {
            page.prefixes.add(decode(Xml.text(prefix, "Prefix")));
        }
        page.next = Xml.text(root, "IsTruncated").equals("true") ? Xml.text(root, "NextContinuationToken") : null;
        return page;
    }

    private static String decode(String text) throws UnsupportedEncodingException {
        return URLDecoder.decode(text, "UTF-8");
    }

    private static String md5(byte[] bytes) {
        try {
            return Base64.getEncoder().encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible); // every Java has MD5
        }
    }
}
