import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.license.XPackLicenseState;
import org.elasticsearch.xpack.esql.analysis.Analyzer;
import org.elasticsearch.xpack.esql.analysis.AnalyzerContext;
import org.elasticsearch.xpack.esql.analysis.EnrichResolution;
import org.elasticsearch.xpack.esql.analysis.Verifier;
import org.elasticsearch.xpack.esql.core.type.DataType;
import org.elasticsearch.xpack.esql.core.type.EsField;
import org.elasticsearch.xpack.esql.core.type.UnsupportedEsField;
import org.elasticsearch.xpack.esql.expression.function.EsqlFunctionRegistry;
import org.elasticsearch.xpack.esql.index.EsIndex;
import org.elasticsearch.xpack.esql.index.IndexResolution;
import org.elasticsearch.xpack.esql.inference.InferenceResolution;
import org.elasticsearch.xpack.esql.parser.EsqlParser;
import org.elasticsearch.xpack.esql.plugin.QueryPragmas;
import org.elasticsearch.xpack.esql.session.Configuration;
import org.elasticsearch.xpack.esql.telemetry.Metrics;

/**
 * Parses and analyses ES|QL as Elasticsearch does before it runs a query: words, functions, fields and their types.
 * Arguments: a file of fields (`name type` a line), then a file for each query. One verdict a line.
 */
public class EsqlCheck {
  public static void main(String[] files) throws Exception {
    LogConfigurator.configureESLogging();
    Map<String, EsField> fields = fieldsOf(Files.readAllLines(Path.of(files[0])));
    var functions = new EsqlFunctionRegistry();
    var verifier = new Verifier(new Metrics(functions), new XPackLicenseState(() -> 0));
    for (int i = 1; i < files.length; i++) {
      String query = Files.readString(Path.of(files[i]), StandardCharsets.UTF_8);
      var configuration =
          new Configuration(ZoneOffset.UTC, Locale.ROOT, "user", "cluster", new QueryPragmas(Settings.EMPTY),
              10_000, 1_000, query, false, Map.of(), System.nanoTime(), false);
      var index = IndexResolution.valid(new EsIndex("sessions", fields));
      var context =
          new AnalyzerContext(configuration, functions, index, new EnrichResolution(), InferenceResolution.EMPTY);
      try {
        var plan = new Analyzer(context, verifier).analyze(new EsqlParser().createStatement(query, configuration));
        List<String> columns = new ArrayList<>();
        plan.output().forEach(column -> columns.add(column.name() + " " + column.dataType().typeName()));
        System.out.println("ok " + String.join(", ", columns));
      } catch (Exception refusal) {
        System.out.println("refused " + refusal.getMessage().replace('\n', ' '));
      }
    }
  }

  private static Map<String, EsField> fieldsOf(List<String> lines) {
    var tree = new LinkedHashMap<String, EsField>();
    for (String line : lines) {
      String[] words = line.split(" ");
      put(tree, words[0].split("\\."), 0, words[1]);
    }
    return tree;
  }

  private static void put(Map<String, EsField> at, String[] path, int depth, String type) {
    String name = path[depth];
    if (depth < path.length - 1) {
      EsField parent = at.computeIfAbsent(name, n -> new EsField(n, DataType.OBJECT, new LinkedHashMap<>(), false));
      put(parent.getProperties(), path, depth + 1, type);
      return;
    }
    DataType known = DataType.fromEs(type);
    EsField field =
        known == DataType.UNSUPPORTED
            ? new UnsupportedEsField(name, List.of(type))
            : new EsField(name, known.widenSmallNumeric(), new LinkedHashMap<>(), true);
    at.put(name, field);
  }
}
