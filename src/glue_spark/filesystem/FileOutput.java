package mwaalocal.s3;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;

/** Writes to a local file, which goes to its store when it is closed: nothing is to be seen of a file before. */
final class FileOutput extends OutputStream {
    private final Store store;
    private final String key;
    private final File file;
    private final OutputStream local;
    private boolean closed;
    private boolean broken;

    FileOutput(Store store, String key, File file) throws IOException {
        this.store = store;
        this.key = key;
        this.file = file;
        local = new BufferedOutputStream(new FileOutputStream(file), 64 << 10);
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            local.write(bytes, offset, length);
        } catch (IOException failure) { // a full disk: what is there is no file
            broken = true;
            throw failure;
        }
    }

    @Override
    public void flush() throws IOException {
        local.flush();
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            local.close();
            if (broken) {
                throw new IOException("Writing " + key + " had failed");
            }
            store.take(file, key);
        } catch (IOException | RuntimeException failure) {
            Files.deleteIfExists(file.toPath());
            throw failure;
        }
    }
}
