package mwaalocal.s3;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.fs.FSExceptionMessages;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileSystem;

/**
 * Reads an object in ranges, so no connection is left open between two reads. Opening it reads its head, which is all of a
 * small object; a reader that goes straight on gets ever larger ranges, the largest of them while it still works on the one
 * before; one that jumps starts small again. All ranges are of the object that was opened: S3 refuses them once it was
 * replaced.
 */
final class ObjectInput extends FSInputStream {
    private static final int SMALLEST = 256 << 10;
    private static final int LARGEST = 16 << 20;
    private static final ExecutorService AHEAD = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "s3-read-ahead");
        thread.setDaemon(true);
        return thread;
    });

    private final Bucket bucket;
    private final String key;
    private final FileSystem.Statistics statistics;
    private final String etag;
    private final long length;
    private byte[] range;
    private long start; // of the range, in the object
    private long position;
    private int size = SMALLEST; // of the next range
    private Future<byte[]> ahead; // the range that follows, if it was asked for
    private boolean closed;

    /** Raises FileNotFoundException if there is no such object. */
    ObjectInput(Bucket bucket, String key, FileSystem.Statistics statistics) throws IOException {
        this.bucket = bucket;
        this.key = key;
        this.statistics = statistics;
        Answer head = head(bucket, key);
        range = head == null ? new byte[0] : head.bytes;
        etag = head == null ? null : head.etag;
        length = head == null ? 0 : length(head);
        statistics.incrementReadOps(1);
    }

    /** The object's first bytes, null if it has none. */
    private static Answer head(Bucket bucket, String key) throws IOException {
        try {
            return bucket.get(key, 0, SMALLEST - 1, null);
        } catch (S3Error error) {
            if (error.code.equals("NoSuchKey")) {
                throw new FileNotFoundException("No such file: s3://" + bucket.name + "/" + key);
            }
            if (error.status == 416) { // no range of nothing can be had
                return null;
            }
            throw error;
        }
    }

    /** Of the whole object: what stands behind the slash in "bytes 0-99/1234". */
    private static long length(Answer head) {
        String range = head.contentRange;
        return range == null ? head.bytes.length : Long.parseLong(range.substring(range.lastIndexOf('/') + 1));
    }

    @Override
    public synchronized void seek(long target) throws IOException {
        refuseClosed();
        if (target < 0) {
            throw new EOFException(FSExceptionMessages.NEGATIVE_SEEK + " " + target);
        }
        if (target > length) {
            throw new EOFException(FSExceptionMessages.CANNOT_SEEK_PAST_EOF + " " + target);
        }
        position = target;
    }

    @Override
    public synchronized long getPos() {
        return position;
    }

    @Override
    public boolean seekToNewSource(long target) {
        return false;
    }

    @Override
    public synchronized int available() throws IOException {
        refuseClosed();
        return (int) Math.min(Integer.MAX_VALUE, length - position);
    }

    @Override
    public synchronized int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public synchronized int read(byte[] buffer, int offset, int wanted) throws IOException {
        refuseClosed();
        if (wanted == 0) {
            return 0;
        }
        if (position >= length) {
            return -1;
        }
        if (position < start || position >= start + range.length) {
            load();
        }
        int from = (int) (position - start);
        int got = Math.min(wanted, range.length - from);
        System.arraycopy(range, from, buffer, offset, got);
        position += got;
        statistics.incrementBytesRead(got);
        return got;
    }

    @Override
    public synchronized void close() {
        closed = true;
        range = null;
        ahead = null;
    }

    /** Fetches the range that holds the position. */
    private void load() throws IOException {
        boolean straightOn = position == start + range.length;
        size = length <= LARGEST ? LARGEST : straightOn ? Math.min(LARGEST, size * 4) : SMALLEST;
        // A jump to the end is for a footer, whose start is looked at next.
        long first = straightOn ? position : Math.max(0, Math.min(position, length - size));
        range = new byte[0]; // so that there are never three of them in memory
        start = first;
        range = straightOn && ahead != null ? awaited() : fetch(first, size);
        long next = start + range.length;
        int nextSize = Math.min(LARGEST, size * 4);
        ahead = straightOn && next < length ? AHEAD.submit(() -> fetch(next, nextSize)) : null;
    }

    /** The range that was asked for ahead: it begins where the last one ended. */
    private byte[] awaited() throws IOException {
        try {
            return ahead.get();
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            throw cause instanceof IOException ? (IOException) cause : new IOException(cause);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while reading s3://" + bucket.name + "/" + key);
        }
    }

    private byte[] fetch(long first, int wanted) throws IOException {
        long last = Math.min(length, first + wanted) - 1;
        byte[] bytes;
        try {
            bytes = bucket.get(key, first, last, etag).bytes;
        } catch (S3Error error) {
            if (error.status == 412 || error.status == 404) {
                throw new IOException("s3://" + bucket.name + "/" + key + " was replaced or deleted while it was read", error);
            }
            throw error;
        }
        if (bytes.length != last - first + 1) {
            throw new EOFException("s3://" + bucket.name + "/" + key + ": wanted bytes " + first + " to " + last + ", got "
                    + bytes.length + " bytes");
        }
        return bytes;
    }

    private void refuseClosed() throws IOException {
        if (closed) {
            throw new IOException(FSExceptionMessages.STREAM_IS_CLOSED);
        }
    }
}
