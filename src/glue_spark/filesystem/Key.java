package mwaalocal.s3;

import org.apache.hadoop.fs.Path;

/** Keys as a file system sees them: components with a slash between them; "" is the bucket itself. */
final class Key {
    private Key() {}

    static String of(Path absolute) {
        String path = absolute.toUri().getPath();
        return path.startsWith("/") ? path.substring(1) : path;
    }

    /** What every key in this folder starts with. */
    static String below(String key) {
        return key.isEmpty() ? "" : key + "/";
    }

    static String child(String key, String name) {
        return below(key) + name;
    }

    /** The folder that it is in; "" for what is in the bucket directly. */
    static String parent(String key) {
        return key.substring(0, Math.max(0, key.lastIndexOf('/')));
    }

    static String name(String key) {
        return key.substring(key.lastIndexOf('/') + 1);
    }

    /** What committers and Hive write until it is done; it never gets into the bucket under this name. */
    static boolean isUncommitted(String key) {
        for (String component : key.split("/")) {
            if (component.equals("_temporary")
                    || component.startsWith(".spark-staging")
                    || component.startsWith(".hive-staging")) {
                return true;
            }
        }
        return false;
    }

    /** Whether a path can name it: "" and "." vanish from a path, ".." leads elsewhere. S3 allows such keys. */
    static boolean isNameable(String name) {
        return !(name.isEmpty() || name.equals(".") || name.equals(".."));
    }
}
