package mwaalocal.s3;

import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileSystem;

/** Reads a file of Scratch. Those who read in small pieces have a buffer of their own around it. */
final class ScratchInput extends FSInputStream {
    private final RandomAccessFile file;
    private final FileSystem.Statistics statistics;

    ScratchInput(File local, FileSystem.Statistics statistics) throws IOException {
        file = new RandomAccessFile(local, "r");
        this.statistics = statistics;
    }

    @Override
    public void seek(long position) throws IOException {
        if (position < 0 || position > file.length()) {
            throw new EOFException("Cannot seek to " + position + " in " + file.length() + " bytes");
        }
        file.seek(position);
    }

    @Override
    public long getPos() throws IOException {
        return file.getFilePointer();
    }

    @Override
    public boolean seekToNewSource(long position) {
        return false;
    }

    @Override
    public int available() throws IOException {
        return (int) Math.min(Integer.MAX_VALUE, file.length() - file.getFilePointer());
    }

    @Override
    public int read() throws IOException {
        int one = file.read();
        statistics.incrementBytesRead(one < 0 ? 0 : 1);
        return one;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int got = file.read(buffer, offset, length);
        statistics.incrementBytesRead(Math.max(0, got));
        return got;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
