package mwaalocal.s3;

import java.io.IOException;
import org.apache.hadoop.security.AccessControlException;
import org.w3c.dom.Element;

/**
 * S3 refused a request. A missing bucket is such an error and no FileNotFoundException: for Spark a path that is not there
 * is the usual case of a new table, and a mistyped bucket would be noticed only when the work is done.
 */
final class S3Error extends IOException {
    private static final long serialVersionUID = 1L;

    final int status;
    final String code;

    private S3Error(int status, String code, String message) {
        super(message);
        this.status = status;
        this.code = code;
    }

    static IOException of(Request request, Answer answer) {
        String code = "";
        String detail = "";
        try {
            Element root = Xml.parse(answer.bytes);
            code = Xml.text(root, "Code");
            detail = Xml.text(root, "Message");
        } catch (IOException noXml) {
            detail = "no further words";
        }
        if (code.equals("NoSuchBucket")) {
            return new S3Error(answer.status, code, "Bucket " + request.bucket + " does not exist (" + request + ")");
        }
        String message = request + ": " + answer.status + " " + code + ": " + detail;
        return answer.status == 403 ? new AccessControlException(message) : new S3Error(answer.status, code, message);
    }
}
