package mwaalocal.start;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Properties;
import org.apache.spark.api.python.PythonGatewayServer;

/**
 * What SparkSubmit does for a script in local mode, and no more: the settings in conf/spark-defaults.conf become system properties, then
 * Python is waited for. SparkSubmit itself, which looks for packages, files and jars to fetch, takes a sixth of the JVM's start; jobs with
 * a --conf are begun by it.
 */
public final class Gateway {
    private Gateway() {}

    public static void main(String[] words) throws IOException {
        Path file = Paths.get(System.getenv("SPARK_CONF_DIR"), "spark-defaults.conf");
        Properties settings = new Properties();
        settings.setProperty("spark.app.name", "pyspark-shell");
        try (Reader text = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            settings.load(text);
        }
        for (String name : settings.stringPropertyNames()) {
            System.setProperty(name, settings.getProperty(name).trim());
        }
        System.setProperty("spark.submit.deployMode", "client");
        System.setProperty("spark.submit.pyFiles", "");
        System.setProperty("spark.app.submitTime", String.valueOf(System.currentTimeMillis()));
        PythonGatewayServer.main(words);
    }
}
