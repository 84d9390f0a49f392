package mwaalocal.s3;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIsNotEmptyDirectoryException;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * s3, s3a and s3n for Hadoop 3.2 to 3.4, against one configured endpoint.
 *
 * Output of a job that is not committed (see Key.isUncommitted) is kept in a local folder; the rename out of it, which every
 * FileOutputCommitter ends with, is the upload. So a job that fails or is killed leaves nothing in the bucket.
 */
public class S3FileSystem extends FileSystem {
    private URI uri;
    private Path workingDirectory;
    private Settings settings;
    private Scratch scratch;
    private Committed committed;

    @Override
    public void initialize(URI name, Configuration conf) throws IOException {
        super.initialize(name, conf);
        setConf(conf);
        String bucket = name.getAuthority();
        if (bucket == null || bucket.isEmpty()) {
            throw new IOException("No bucket in " + name + "; wanted: " + name.getScheme() + "://bucket/key");
        }
        uri = URI.create(name.getScheme() + "://" + bucket);
        workingDirectory = new Path(name.getScheme(), bucket, "/");
        settings = new Settings(conf);
        scratch = Scratch.of(settings, bucket);
        committed = new Committed(new Bucket(bucket, settings));
    }

    @Override
    public String getScheme() {
        return uri.getScheme();
    }

    @Override
    public URI getUri() {
        return uri;
    }

    /** No delegation tokens; the default would look the bucket's name up in DNS. */
    @Override
    public String getCanonicalServiceName() {
        return null;
    }

    @Override
    public Path getWorkingDirectory() {
        return workingDirectory;
    }

    @Override
    public void setWorkingDirectory(Path path) {
        workingDirectory = makeQualified(path);
    }

    @Override
    @SuppressWarnings("deprecation")
    public long getDefaultBlockSize() {
        return settings.blockSize;
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        return status(existing(path));
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
        String key = key(path);
        Collection<Item> items = store(key).children(key);
        if (items.isEmpty()) { // a file, an empty folder, or nothing
            Item item = existing(path);
            items = item.folder ? Collections.emptyList() : Collections.singletonList(item);
        }
        return items.stream().map(this::status).toArray(FileStatus[]::new);
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        String key = key(path);
        try {
            return new FSDataInputStream(store(key).open(key, statistics));
        } catch (FileNotFoundException missing) {
            existing(path);
            throw new FileNotFoundException(makeQualified(path) + " is a folder");
        }
    }

    @Override
    public FSDataOutputStream create(Path path, FsPermission permission, boolean overwrite, int bufferSize, short replication,
            long blockSize, Progressable progress) throws IOException {
        String key = key(path);
        Item there = find(key);
        if (there != null && (there.folder || !overwrite)) {
            throw new FileAlreadyExistsException(makeQualified(path) + (there.folder ? " is a folder" : " already exists"));
        }
        statistics.incrementWriteOps(1);
        Store store = store(key);
        File file = scratch.newFile();
        if (store == scratch) {
            scratch.expect(file, key);
        }
        return new FSDataOutputStream(new FileOutput(store, key, file), statistics);
    }

    /** Folders come with their files, so there is nothing to be made for it. */
    @Override
    public FSDataOutputStream createNonRecursive(Path path, FsPermission permission,
            EnumSet<CreateFlag> flags, int bufferSize, short replication, long blockSize,
            Progressable progress) throws IOException {
        boolean overwrite = flags.contains(CreateFlag.OVERWRITE);
        return create(path, permission, overwrite, bufferSize, replication, blockSize, progress);
    }

    @Override
    public FSDataOutputStream append(Path path, int bufferSize, Progressable progress) {
        throw new UnsupportedOperationException("append: an S3 object cannot be appended to");
    }

    @Override
    public boolean mkdirs(Path path, FsPermission permission) throws IOException {
        String key = key(path);
        Item there = find(key);
        if (there != null && !there.folder) {
            throw new FileAlreadyExistsException(makeQualified(path) + " is a file");
        }
        store(key).makeFolder(key);
        return true;
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        String key = key(path);
        Item item = find(key);
        if (item == null) {
            return false;
        }
        if (item.folder && !recursive && !store(key).children(key).isEmpty()) {
            throw new PathIsNotEmptyDirectoryException(makeQualified(path).toString());
        }
        statistics.incrementWriteOps(1);
        store(key).delete(item);
        return true;
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        Item source = existing(from);
        String target = key(to);
        if (target.equals(source.key)) {
            return !source.folder;
        }
        if (source.key.isEmpty() || target.startsWith(source.key + "/")) {
            return false;
        }
        Item there = find(target);
        if (there != null && there.folder) {
            target = Key.child(target, Key.name(source.key));
            there = find(target);
        }
        if (there != null) {
            return false;
        }
        statistics.incrementWriteOps(1);
        move(source, target);
        return true;
    }

    private void move(Item source, String target) throws IOException {
        Store from = store(source.key);
        if (from == store(target)) {
            from.move(source, target);
        } else if (from == scratch) {
            committed.upload(scratch, source, target);
            scratch.delete(source);
        } else {
            throw new IOException("A rename into the folder of a job's uncommitted output is not supported: " + source.key
                    + " to " + target);
        }
    }

    private Store store(String key) {
        return Key.isUncommitted(key) ? scratch : committed;
    }

    private Item find(String key) throws IOException {
        return store(key).find(key);
    }

    private Item existing(Path path) throws IOException {
        Item item = find(key(path));
        if (item == null) {
            throw new FileNotFoundException("No such file or folder: " + makeQualified(path));
        }
        return item;
    }

    private String key(Path path) {
        Path qualified = makeQualified(path);
        checkPath(qualified);
        return Key.of(qualified);
    }

    private FileStatus status(Item item) {
        Path path = new Path(uri.getScheme(), uri.getAuthority(), "/" + item.key);
        return new FileStatus(item.length, item.folder, 1, item.folder ? 0 : settings.blockSize, item.changed, path);
    }
}
