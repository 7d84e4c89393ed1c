namespace Sluice.Configuration.Tests;

/// <summary>Small sound files around the one setting a test is about.</summary>
internal static class Snippets
{
    public const string Echo = "  e: { type: echo, kind: server }\n";

    /// <summary>A tcp server; the settings start on line 4, four columns in.</summary>
    public static string Tcp(string settings, string options = "{ host: h, port: 7 }") =>
        $"name: a\nbindings:\n  t: {{ type: tcp, kind: server, options: {options},\n    {settings} }}\n{Echo}";

    /// <summary>An http server behind nothing; the settings start on line 4.</summary>
    public static string Http(string settings) =>
        $"name: a\nbindings:\n  h: {{ type: http, kind: server,\n    {settings} }}\n{Echo}";

    /// <summary>An http-kafka proxy with one route; its `when` stands on line 6, its `with` on line 7, from column 9.</summary>
    public static string HttpKafka(string with, string when = "[ { method: GET, path: \"/items/{id}\" } ]", string route = "exit: c") => $"""
        name: a
        bindings:
          p:
            type: http-kafka
            kind: proxy
            routes: [ {"{"} when: {when},
              with: {with},
              {route} {"}"} ]
        {Chain}
        """;

    /// <summary>cache_client c, cache_server s, client k, tcp client t.</summary>
    public const string Chain = """
          c: { type: kafka, kind: cache_client, exit: s }
          s: { type: kafka, kind: cache_server, exit: k }
          k: { type: kafka, kind: client, exit: t, options: { servers: [ "localhost:9092" ] } }
          t: { type: tcp, kind: client }

        """;
}
