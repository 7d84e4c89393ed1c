using System.Globalization;
using System.Net;
using System.Text;

namespace Aspire.Hosting.Status;

/// <summary>The status page's HTML: complete without scripts, refreshed by a few lines of one where scripts run.</summary>
internal static class StatusHtml
{
    private const string Style = """
        :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --good: #1a7f37; --bad: #cf222e; --busy: #9a6700; }
        @media (prefers-color-scheme: dark) { :root { --good: #4ac26b; --bad: #ff7b72; --busy: #d4a72c; } }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.4rem; } table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        td small { opacity: .75; display: block; } .good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); }
        pre { font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
        button { font: inherit; padding: .1rem .6rem; } a:focus-visible, button:focus-visible { outline: 2px solid; outline-offset: 2px; }
        """;

    private const string TableScript = """
        const table = document.getElementById('resources');
        setInterval(async () => { if (!document.hidden && !table.contains(document.activeElement)) {
          try { table.innerHTML = await (await fetch('/table')).text(); document.title = 'Sluice'; } catch { document.title = 'Sluice (stopped)'; } } }, 1500);
        document.addEventListener('click', e => { const b = e.target.closest('button[data-act]');
          if (b) { fetch(`/api/resources/${b.dataset.name}/${b.dataset.act}`, { method: 'POST', headers: { 'X-Sluice-Action': '1' } }); b.blur(); } });
        """;

    private const string LogScript = """
        const log = document.getElementById('log');
        setInterval(async () => { if (!document.hidden && getSelection().isCollapsed) {
          try { log.textContent = (await (await fetch(log.dataset.from)).json()).join('\n'); } catch { } } }, 1500);
        """;

    public static string Page(IReadOnlyList<StatusView> resources) => Document("Sluice", $"""
        <h1>Sluice</h1>
        <div id="resources" aria-live="off">{Table(resources)}</div>
        <p><small>The same as JSON: <a href="/api/resources">/api/resources</a></small></p>
        """, TableScript);

    public static string Table(IReadOnlyList<StatusView> resources)
    {
        StringBuilder html = new("<table><thead><tr><th scope=\"col\">Resource</th><th scope=\"col\">State</th><th scope=\"col\">Health</th>"
            + "<th scope=\"col\">Process</th><th scope=\"col\">Restarts</th><th scope=\"col\">Endpoints</th><th scope=\"col\">Actions</th></tr></thead><tbody>");
        foreach (StatusView view in resources)
        {
            string tone = view switch
            {
                { State: "Running", Health: "Healthy" } or { State: "Finished" } => "good",
                { State: "FailedToStart" or "Exited" } or { State: "Running", Restarts: > 0 } => "bad",
                _ => "busy",
            };
            string name = Encode(view.Name);
            html.Append(CultureInfo.InvariantCulture, $"""
                <tr><th scope="row"><a href="/resources/{name}">{name}</a></th>
                <td class="{tone}">{Encode(view.State)}{ExitCode(view)}</td>
                <td class="{tone}">{Encode(view.Health)}{Small(view.HealthDetail)}</td>
                <td>{view.Pid}{Small(view.UptimeSeconds is { } up ? $"up {TimeSpan.FromSeconds((long)up):c}" : null)}</td>
                <td>{view.Restarts}</td><td>{string.Join("<br>", view.Endpoints.Select(Link))}</td>
                <td><button data-act="{(view.Pid is null ? "start" : "restart")}" data-name="{name}">{(view.Pid is null ? "Start" : "Restart")}</button>
                <button data-act="stop" data-name="{name}"{(view.Pid is null ? " disabled" : "")}>Stop</button></td></tr>
                """);
        }

        return html.Append("</tbody></table>").ToString();
    }

    public static string Logs(string name, IReadOnlyList<string> lines) => Document($"{name} - Sluice", $"""
        <p><a href="/">All resources</a></p><h1>{Encode(name)}: last lines</h1>
        <pre id="log" tabindex="0" data-from="/api/resources/{Encode(name)}/logs">{Encode(string.Join('\n', lines))}</pre>
        """, LogScript);

    private static string Document(string title, string body, string script) => $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,"><noscript><meta http-equiv="refresh" content="5"></noscript>
        <title>{Encode(title)}</title><style>{Style}</style></head>
        <body><main>{body}</main><script>{script}</script></body></html>
        """;

    private static string Link(string url) => url.StartsWith("http", StringComparison.Ordinal)
        ? $"<a href=\"{Encode(url)}\">{Encode(url)}</a>"
        : Encode(url);

    private static string ExitCode(StatusView view) =>
        view is { Pid: null, ExitCode: { } code } ? Small(string.Create(CultureInfo.InvariantCulture, $"exit code {code}")) : "";

    private static string Small(string? text) => string.IsNullOrEmpty(text) ? "" : $"<small>{Encode(text)}</small>";

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
