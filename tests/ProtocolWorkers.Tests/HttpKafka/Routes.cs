namespace Sluice.ProtocolWorkers.Tests.HttpKafka;

/// <summary>Routes that several tests use.</summary>
internal static class Routes
{
    public const string Put = """{ when: [ { method: PUT, path: "/items/{id}" }, { method: DELETE, path: "/items/{id}" } ], exit: items, with: { capability: produce, topic: items, key: "${params.id}" } }""";

    public const string Post = """{ when: [ { method: POST, path: /items } ], exit: items, with: { capability: produce, topic: items, key: "${idempotencyKey}", overrides: { "X-Trace": "t-${idempotencyKey}" } } }""";

    public const string GetOne = """{ when: [ { method: GET, path: "/items/{id}" }, { method: HEAD, path: "/items/{id}" } ], exit: items, with: { capability: fetch, topic: items, filters: [ { key: "${params.id}" } ] } }""";

    public const string GetAll = """{ when: [ { method: GET, path: /items }, { method: HEAD, path: /items } ], exit: items, with: { capability: fetch, topic: items, merge: { content-type: application/json } } }""";
}
