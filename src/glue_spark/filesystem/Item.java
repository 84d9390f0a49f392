package mwaalocal.s3;

/** A file or a folder, wherever it is kept. */
final class Item {
    final String key;
    final boolean folder;
    final long length;
    final long changed; // milliseconds since 1970

    private Item(String key, boolean folder, long length, long changed) {
        this.key = key;
        this.folder = folder;
        this.length = length;
        this.changed = changed;
    }

    static Item file(String key, long length, long changed) {
        return new Item(key, false, length, changed);
    }

    /** S3 has no folders, so none has a time. */
    static Item folder(String key) {
        return new Item(key, true, 0, 0);
    }
}
