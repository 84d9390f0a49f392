package mwaalocal.s3;

import java.io.File;
import java.io.IOException;
import java.util.Collection;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileSystem;

/** A place for files and folders: Scratch for what is uncommitted, Committed for what is in the bucket. */
interface Store {
    /** What is there, or null. */
    Item find(String key) throws IOException;

    /** What is directly in a folder; empty also for what is no folder. */
    Collection<Item> children(String key) throws IOException;

    /** Raises FileNotFoundException for what is no file. */
    FSInputStream open(String key, FileSystem.Statistics statistics) throws IOException;

    /** Takes a finished local file over, as the new content of a key. */
    void take(File file, String key) throws IOException;

    void makeFolder(String key) throws IOException;

    /** A file, or a folder with all that is below it. */
    void delete(Item item) throws IOException;

    /** Within this store. The target is not there. */
    void move(Item source, String target) throws IOException;
}
