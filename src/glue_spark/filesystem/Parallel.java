package mwaalocal.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Requests side by side. */
final class Parallel {
    private static final int END_S = 300;

    private Parallel() {}

    /** The results, in the tasks' order. After the first failure no further task is begun, and nothing runs any more when it is raised. */
    static <T> List<T> run(int threads, List<Callable<T>> tasks) throws IOException {
        ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, Math.min(threads, tasks.size())), work -> {
            Thread thread = new Thread(work, "s3-parallel");
            thread.setDaemon(true);
            return thread;
        });
        try {
            return results(new ExecutorCompletionService<>(pool), tasks);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while working with S3");
        } finally {
            end(pool);
        }
    }

    private static <T> List<T> results(ExecutorCompletionService<T> service, List<Callable<T>> tasks)
            throws IOException, InterruptedException {
        List<Future<T>> begun = new ArrayList<>();
        for (Callable<T> task : tasks) {
            begun.add(service.submit(task));
        }
        List<T> results = new ArrayList<>();
        try {
            for (int i = 0; i < begun.size(); i++) {
                service.take().get(); // in the order in which they end
            }
            for (Future<T> one : begun) {
                results.add(one.get());
            }
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            throw cause instanceof IOException ? (IOException) cause : new IOException(cause);
        }
        return results;
    }

    /** Waits for what is under way, so that nothing is written after it was cleaned up. */
    private static void end(ExecutorService pool) {
        pool.shutdownNow();
        boolean interrupted = Thread.interrupted();
        try {
            pool.awaitTermination(END_S, TimeUnit.SECONDS);
        } catch (InterruptedException again) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
