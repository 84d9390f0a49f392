package mwaalocal.s3;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileSystem;

/**
 * The bucket, seen as files and folders. A folder is there as long as something is below it, or a marker object says so
 * (`x/`, `x_$folder$`: other programs make them). A folder that was only made is remembered by this process until something
 * is put into it, and leaves nothing in the bucket.
 */
final class Committed implements Store {
    private static final String MARKER = "_$folder$";
    private static final int THREADS = 8;
    private static final Map<String, NavigableSet<String>> MADE = new ConcurrentHashMap<>();

    private final Bucket bucket;
    private final NavigableSet<String> made;

    Committed(Bucket bucket) {
        this.bucket = bucket;
        made = MADE.computeIfAbsent(bucket.name, any -> new ConcurrentSkipListSet<>());
    }

    @Override
    public Item find(String key) throws IOException {
        // A file sorts before all that starts with its name, but `key-2` and `key.txt` sort before `key/`.
        Bucket.Page page = bucket.list(key, false, 2, null);
        if (key.isEmpty()) {
            return Item.folder(key); // the bucket itself, or an error was raised
        }
        boolean folder = isMade(key);
        for (Item object : page.objects) {
            if (object.key.equals(key)) {
                return object;
            }
            folder |= isOfFolder(object, key);
        }
        if (!folder && page.next != null) {
            folder = startsWithIt(Key.below(key)) || startsWithIt(key + MARKER);
        }
        return folder ? Item.folder(key) : null;
    }

    @Override
    public Collection<Item> children(String key) throws IOException {
        String below = Key.below(key);
        Bucket.Page page = bucket.listAll(below, true);
        List<Item> files = new ArrayList<>();
        Map<String, Item> folders = new LinkedHashMap<>();
        for (String prefix : page.prefixes) {
            addFolder(folders, prefix.substring(0, prefix.length() - 1), below);
        }
        for (Item object : page.objects) {
            String name = object.key.substring(below.length());
            if (name.endsWith(MARKER)) {
                addFolder(folders, object.key.substring(0, object.key.length() - MARKER.length()), below);
            } else if (Key.isNameable(name) && !Key.isUncommitted(name)) {
                files.add(object);
            }
        }
        for (String one : made.tailSet(below, false)) {
            if (!one.startsWith(below)) {
                break;
            }
            int end = one.indexOf('/', below.length());
            addFolder(folders, end < 0 ? one : one.substring(0, end), below);
        }
        files.addAll(folders.values());
        return files;
    }

    @Override
    public FSInputStream open(String key, FileSystem.Statistics statistics) throws IOException {
        return new ObjectInput(bucket, key, statistics);
    }

    @Override
    public void take(File file, String key) throws IOException {
        put(key, file);
        Files.deleteIfExists(file.toPath());
    }

    @Override
    public void makeFolder(String key) {
        made.add(key);
    }

    @Override
    public void delete(Item item) throws IOException {
        bucket.delete(item.folder ? keysOf(item.key) : Collections.singletonList(item.key));
        if (item.folder) {
            made.removeIf(one -> one.equals(item.key) || one.startsWith(Key.below(item.key)));
        } else if (!Key.parent(item.key).isEmpty()) {
            makeFolder(Key.parent(item.key)); // it does not go with its last file
        }
    }

    @Override
    public void move(Item source, String target) throws IOException {
        List<String> keys = source.folder ? keysOf(source.key) : Collections.singletonList(source.key);
        Map<String, String> copies = new LinkedHashMap<>();
        keys.forEach(key -> copies.put(target + key.substring(source.key.length()), key));
        all(copies.keySet(), to -> bucket.copy(copies.get(to), to));
        bucket.delete(keys);
        if (source.folder) {
            moveMade(source.key, target);
        }
    }

    /** Takes all files over that Scratch has at or below `source`: all of them, or none and an error. They stay where they are. */
    void upload(Scratch scratch, Item source, String target) throws IOException {
        Map<String, File> files = new LinkedHashMap<>();
        for (Item item : scratch.files(source.key)) {
            files.put(target + item.key.substring(source.key.length()), scratch.file(item.key));
        }
        if (files.isEmpty()) {
            makeFolder(target);
        }
        all(files.keySet(), to -> put(to, files.get(to)));
    }

    private void put(String key, File file) throws IOException {
        bucket.put(key, file);
        for (String folder = Key.parent(key); !folder.isEmpty(); folder = Key.parent(folder)) {
            made.remove(folder);
        }
    }

    private interface Step {
        void of(String key) throws IOException;
    }

    /** One step for each key, side by side. If one fails, what the others have put there is deleted again. */
    private void all(Collection<String> keys, Step step) throws IOException {
        Set<String> done = ConcurrentHashMap.newKeySet();
        List<Callable<Boolean>> steps = new ArrayList<>();
        for (String key : keys) {
            steps.add(() -> {
                step.of(key);
                return done.add(key);
            });
        }
        try {
            Parallel.run(THREADS, steps);
        } catch (IOException | RuntimeException failure) {
            try {
                bucket.delete(new ArrayList<>(done));
            } catch (IOException error) {
                failure.addSuppressed(error);
            }
            throw failure;
        }
    }

    /** Every key of a folder: all below it, and its markers. */
    private List<String> keysOf(String folder) throws IOException {
        List<String> keys = new ArrayList<>();
        for (Item object : bucket.listAll(Key.below(folder), false).objects) {
            keys.add(object.key);
        }
        if (!folder.isEmpty() && startsWithIt(folder + MARKER)) {
            keys.add(folder + MARKER);
        }
        return keys;
    }

    private boolean startsWithIt(String prefix) throws IOException {
        return !bucket.list(prefix, false, 1, null).objects.isEmpty();
    }

    private static boolean isOfFolder(Item object, String key) {
        return object.key.startsWith(key + "/") || object.key.equals(key + MARKER);
    }

    private static void addFolder(Map<String, Item> folders, String key, String below) {
        String name = key.substring(below.length());
        if (Key.isNameable(name) && !Key.isUncommitted(name)) {
            folders.put(key, Item.folder(key));
        }
    }

    private boolean isMade(String key) {
        String below = made.ceiling(key + "/");
        return made.contains(key) || (below != null && below.startsWith(key + "/"));
    }

    private void moveMade(String source, String target) {
        for (String one : new ArrayList<>(made)) {
            if (one.equals(source) || one.startsWith(source + "/")) {
                made.remove(one);
                made.add(target + one.substring(source.length()));
            }
        }
    }
}
