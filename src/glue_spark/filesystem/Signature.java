package mwaalocal.s3;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * AWS Signature Version 4 in headers, with the payload unsigned: a body of any size is read once, while it is sent.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
final class Signature {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final String ALGORITHM = "AWS4-HMAC-SHA256";

    private final Settings settings;

    Signature(Settings settings) {
        this.settings = settings;
    }

    /** Adds to the request's headers what makes it a signed one of this moment. All headers set so far are signed. */
    void sign(Request request, String host) {
        String time = TIME.format(Instant.now());
        request.headers.remove("authorization");
        request.header("host", host).header("x-amz-date", time).header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        if (!settings.sessionToken.isEmpty()) {
            request.header("x-amz-security-token", settings.sessionToken);
        }
        String scope = time.substring(0, 8) + "/" + settings.region + "/s3/aws4_request";
        String names = String.join(";", request.headers.keySet());
        String toSign = String.join("\n", ALGORITHM, time, scope, hex(sha256(canonical(request, names))));
        String signature = hex(hmac(signingKey(scope), toSign));
        request.header("authorization", ALGORITHM + " Credential=" + settings.accessKey + "/" + scope
                + ", SignedHeaders=" + names + ", Signature=" + signature);
    }

    private static String canonical(Request request, String names) {
        StringBuilder headers = new StringBuilder();
        for (Map.Entry<String, String> header : request.headers.entrySet()) {
            headers.append(header.getKey()).append(':').append(header.getValue().trim()).append('\n');
        }
        return String.join("\n", request.method, request.path(), request.queryString(), headers, names, "UNSIGNED-PAYLOAD");
    }

    private byte[] signingKey(String scope) {
        byte[] key = ("AWS4" + settings.secretKey).getBytes(StandardCharsets.UTF_8);
        for (String part : scope.split("/")) {
            key = hmac(key, part);
        }
        return key;
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible); // every Java has HmacSHA256
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible); // every Java has SHA-256
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte one : bytes) {
            text.append(String.format("%02x", one));
        }
        return text.toString();
    }
}
