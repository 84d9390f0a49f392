package mwaalocal.s3;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/**
 * What a file system is told: Hadoop's settings first, then the environment that every AWS client reads.
 *
 * There is no default endpoint: what is not told where to go goes nowhere, so no call ever reaches real AWS by mistake.
 */
final class Settings {
    /** Domains of AWS in all its partitions, as in botocore's endpoints.json and partitions.json. */
    private static final String[] AWS_DOMAINS = {
        "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "amazonwebservices.com.cn", "amazonwebservices.eu",
        "api.aws", "on.aws", "aws.amazon.com", "aws.ic.gov", "aws.scloud", "aws.hci.ic.gov", "cloud.adc-e.uk",
        "cloud-aws.adc-e.uk", "c2s.ic.gov", "sc2s.sgov.gov", "csp.hci.ic.gov",
    };

    final URI endpoint;
    final String accessKey;
    final String secretKey;
    final String sessionToken;
    final String region;
    final File scratch;
    final long blockSize;
    final long multipartThreshold;
    final long partSize;

    Settings(Configuration conf) throws IOException {
        endpoint = endpoint(conf);
        accessKey = required(conf, "fs.s3a.access.key", "AWS_ACCESS_KEY_ID");
        secretKey = required(conf, "fs.s3a.secret.key", "AWS_SECRET_ACCESS_KEY");
        sessionToken = first(conf, "fs.s3a.session.token", "AWS_SESSION_TOKEN");
        String told = first(conf, "fs.s3a.endpoint.region", "AWS_REGION", "AWS_DEFAULT_REGION");
        region = told.isEmpty() ? "us-east-1" : told;
        String folder = conf.getTrimmed("mwaalocal.s3.scratch", "");
        scratch = folder.isEmpty() ? null : new File(folder);
        blockSize = conf.getLongBytes("fs.s3a.block.size", 32 << 20);
        multipartThreshold = conf.getLongBytes("mwaalocal.s3.multipart.threshold", 200_000_000);
        // S3 takes parts of 5 MiB and more.
        partSize = Math.max(5 << 20, conf.getLongBytes("mwaalocal.s3.multipart.size", 32 << 20));
    }

    private static URI endpoint(Configuration conf) throws IOException {
        String told = first(conf, "fs.s3a.endpoint", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
        if (told.isEmpty()) {
            throw new IOException(
                    "No S3 endpoint: set fs.s3a.endpoint or AWS_ENDPOINT_URL, as this file system never goes to real AWS.");
        }
        String scheme = conf.getBoolean("fs.s3a.connection.ssl.enabled", true) ? "https://" : "http://";
        URI uri;
        try {
            uri = URI.create(told.contains("://") ? told : scheme + told);
        } catch (IllegalArgumentException malformed) {
            throw new IOException("The S3 endpoint " + told + " is no address; wanted: http://host:port", malformed);
        }
        String path = uri.getPath() == null ? "" : uri.getPath();
        if (uri.getHost() == null || !(path.isEmpty() || path.equals("/"))) {
            throw new IOException("The S3 endpoint " + told + " is no address; wanted: http://host:port");
        }
        if (isRealAws(uri.getHost()) && !"1".equals(System.getenv("ALLOW_REAL_AWS"))) {
            throw new IOException("The S3 endpoint " + told + " is real AWS, and was refused: leave out fs.s3a.endpoint"
                    + " to stay local, or set ALLOW_REAL_AWS=1 to allow real AWS.");
        }
        return uri;
    }

    private static boolean isRealAws(String host) {
        String name = host.toLowerCase(Locale.ROOT).replaceAll("\\.$", "");
        for (String domain : AWS_DOMAINS) {
            if (name.equals(domain) || name.endsWith("." + domain)) {
                return true;
            }
        }
        return false;
    }

    private static String required(Configuration conf, String setting, String variable) throws IOException {
        String value = first(conf, setting, variable);
        if (value.isEmpty()) {
            throw new IOException("No S3 credentials: set " + setting + " or " + variable + ".");
        }
        return value;
    }

    /** The setting, or else the first of the variables that is not empty, or else "". */
    private static String first(Configuration conf, String setting, String... variables) {
        String value = conf.getTrimmed(setting, "");
        for (int i = 0; value.isEmpty() && i < variables.length; i++) {
            String variable = System.getenv(variables[i]);
            value = variable == null ? "" : variable.trim();
        }
        return value;
    }
}
