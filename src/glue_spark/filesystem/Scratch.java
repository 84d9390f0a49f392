package mwaalocal.s3;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileSystem;

/**
 * What is not committed yet, and what is being written: files in a local folder of this run, under names of their own; the
 * tree of keys is in memory. So a rename costs nothing, a key may hold any character, and what a killed process leaves is a
 * folder of nameless files outside the bucket. Driver and executors are one process, as in Spark's local mode.
 */
final class Scratch implements Store {
    private static final Map<String, Scratch> OF_THIS_PROCESS = new ConcurrentHashMap<>();
    private static File ownFolder;

    private static final File FOLDER = new File("");

    private final File folder;
    /** By key: a file, or FOLDER for one that was made and may be empty. */
    private final NavigableMap<String, File> entries = new TreeMap<>();

    /** What is open for writing, and its key. Whoever aborts a job deletes its folder, while tasks of it may still write. */
    private final Map<File, String> open = new HashMap<>();

    private Scratch(File folder) {
        this.folder = folder;
    }

    /** The same one for every file system of this process that is told the same folder and bucket. */
    static Scratch of(Settings settings, String bucket) throws IOException {
        File folder = settings.scratch == null ? ownFolder() : settings.scratch;
        Files.createDirectories(folder.toPath());
        return OF_THIS_PROCESS.computeIfAbsent(folder.getAbsolutePath() + "/" + bucket, any -> new Scratch(folder));
    }

    /** A new local file, for what is about to be written. */
    File newFile() throws IOException {
        Files.createDirectories(folder.toPath());
        return File.createTempFile("writing-", "", folder);
    }

    /** A file is to be taken for this key later, unless the key is deleted before. */
    synchronized void expect(File file, String key) {
        open.put(file, key);
        makeFolder(Key.parent(key)); // as everywhere: a folder is there as soon as a file is begun in it
    }

    @Override
    public synchronized Item find(String key) {
        File file = entries.get(key);
        if (file != null && file != FOLDER) {
            return Item.file(key, file.length(), file.lastModified());
        }
        return file == FOLDER || !below(key).isEmpty() ? Item.folder(key) : null;
    }

    @Override
    public synchronized Collection<Item> children(String key) {
        Map<String, Item> children = new LinkedHashMap<>();
        int start = Key.below(key).length();
        for (String entry : below(key).keySet()) {
            int end = entry.indexOf('/', start);
            String child = end < 0 ? entry : entry.substring(0, end);
            children.computeIfAbsent(child, this::find);
        }
        return children.values();
    }

    /** Every file at or below a key. */
    synchronized List<Item> files(String key) {
        List<Item> files = new ArrayList<>();
        for (Map.Entry<String, File> entry : atOrBelow(key).entrySet()) {
            if (entry.getValue() != FOLDER) {
                files.add(find(entry.getKey()));
            }
        }
        return files;
    }

    /** The local file that holds a key. Raises FileNotFoundException. */
    synchronized File file(String key) throws FileNotFoundException {
        File file = entries.get(key);
        if (file == null || file == FOLDER) {
            throw new FileNotFoundException("No such file: " + key);
        }
        return file;
    }

    @Override
    public FSInputStream open(String key, FileSystem.Statistics statistics) throws IOException {
        return new ScratchInput(file(key), statistics);
    }

    @Override
    public synchronized void take(File file, String key) throws IOException {
        if (open.remove(file) == null) {
            throw new FileNotFoundException(key + " was deleted while it was being written");
        }
        File old = entries.put(key, file);
        if (old != null && old != FOLDER) {
            Files.deleteIfExists(old.toPath());
        }
    }

    @Override
    public synchronized void makeFolder(String key) {
        entries.putIfAbsent(key, FOLDER);
    }

    @Override
    public synchronized void delete(Item item) throws IOException {
        Map<String, File> doomed = atOrBelow(item.key);
        for (File file : doomed.values()) {
            if (file != FOLDER) {
                Files.deleteIfExists(file.toPath());
            }
        }
        entries.keySet().removeAll(doomed.keySet());
        open.values().removeIf(key -> key.equals(item.key) || key.startsWith(item.key + "/"));
    }

    @Override
    public synchronized void move(Item source, String target) {
        Map<String, File> moved = atOrBelow(source.key);
        entries.keySet().removeAll(moved.keySet());
        moved.forEach((key, file) -> entries.put(target + key.substring(source.key.length()), file));
    }

    /** A view of what is below a key; '0' is the character after '/'. */
    private Map<String, File> below(String key) {
        return entries.subMap(key + "/", key + "0");
    }

    private Map<String, File> atOrBelow(String key) {
        Map<String, File> found = new TreeMap<>(below(key));
        if (entries.containsKey(key)) {
            found.put(key, entries.get(key));
        }
        return found;
    }

    /** For a process that was told none: it goes with the process, unless that is killed. */
    private static synchronized File ownFolder() throws IOException {
        if (ownFolder == null) {
            File made = Files.createTempDirectory("s3-scratch-").toFile();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                for (File file : made.listFiles()) {
                    file.delete();
                }
                made.delete();
            }));
            ownFolder = made;
        }
        return ownFolder;
    }
}
