using System.Collections.Concurrent;
using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.Edge.Tests;

/// <summary>An http app of a test: hears each request and does what the test says. Handlers run on the engines; what they note is for all.</summary>
internal sealed class TestApp
{
    /// <summary>What happened, line by line, of all requests.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>Every request's headers, as <c>name: value</c> lines.</summary>
    public ConcurrentQueue<string[]> Requests { get; } = new();

    /// <summary>Takes a request or refuses it (false).</summary>
    public Func<AppStream, bool> WhenOpened { get; init; } = static _ => true;

    /// <summary>The request began; by default the window opens and nothing else happens.</summary>
    public Action<AppStream> WhenBegun { get; init; } = static _ => { };

    /// <summary>The request is complete.</summary>
    public Action<AppStream> WhenEnded { get; init; } = static _ => { };

    /// <summary>Credit for the response changed.</summary>
    public Action<AppStream> WhenWindow { get; init; } = static _ => { };

    /// <summary>Window for the request's body.</summary>
    public int WindowBytes { get; init; } = 64 * 1024;

    /// <summary>Whether content is acknowledged as it comes.</summary>
    public bool Acknowledges { get; init; } = true;

    public IBinding Create(FrameEngine engine) => new Binding(this);

    /// <summary>An http extension.</summary>
    public static byte[] Head(params string[] headers)
    {
        ExtensionWriter writer = HttpEx.Write(new byte[FrameLayout.ExtensionBytesMax]);
        foreach (string header in headers)
        {
            int colon = header.IndexOf(": ", StringComparison.Ordinal);
            writer.AddHeader(header.AsSpan(0, colon), header.AsSpan(colon + 2));
        }

        writer.CloseHeaders();
        return writer.Written.ToArray();
    }

    private sealed class Binding(TestApp app) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin)
        {
            Assert.True(HttpEx.TryRead(begin.Extension, out HttpEx http));
            List<string> lines = [];
            foreach (Header header in http.Headers)
            {
                lines.Add($"{Encoding.Latin1.GetString(header.Name)}: {Encoding.Latin1.GetString(header.Value)}");
            }

            app.Requests.Enqueue([.. lines]);
            var stream = new AppStream(app, [.. lines]);
            return app.WhenOpened(stream) ? stream : null;
        }
    }

    internal sealed class AppStream(TestApp app, string[] request) : StreamHandler
    {
        private string? _awaitingWindow;

        public string[] Request => request;

        public MemoryStream Body { get; } = new();

        public int Sent { get; set; }

        public int Unacknowledged { get; private set; }

        public string? Value(string name) => Array.Find(request, line => line.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..];

        public void Note(string line) => app.Log.Enqueue(line);

        /// <summary>Sends a whole response that fits the window.</summary>
        public void Respond(string body, params string[] headers)
        {
            Port.SendBegin(Head(headers));
            if (Port.SendableBytes < body.Length)
            {
                _awaitingWindow = body;
                return;
            }

            if (body.Length > 0)
            {
                Assert.True(Port.TrySendData(Encoding.Latin1.GetBytes(body)));
            }

            Port.SendEnd();
        }

        public override void OnBegin(in BeginFrame frame)
        {
            if (app.WindowBytes > 0)
            {
                Port.SendWindow(app.WindowBytes);
            }

            app.WhenBegun(this);
        }

        public override void OnData(in DataFrame frame)
        {
            Body.Write(frame.Payload);
            if (app.Acknowledges)
            {
                Port.Acknowledge(frame.Reserved);
            }
            else
            {
                Unacknowledged += frame.Reserved;
            }
        }

        public override void OnEnd(in EndFrame frame)
        {
            app.Log.Enqueue("END");
            app.WhenEnded(this);
        }

        public override void OnWindow(in WindowFrame frame)
        {
            app.WhenWindow(this);
            if (_awaitingWindow is string body && Port.TrySendData(Encoding.Latin1.GetBytes(body)))
            {
                _awaitingWindow = null;
                Port.SendEnd();
            }
        }

        public override void OnAbort(in CloseFrame frame)
        {
            app.Log.Enqueue($"ABORT {frame.Reason}");
            base.OnAbort(frame);
        }

        public override void OnReset(in CloseFrame frame)
        {
            app.Log.Enqueue($"RESET {frame.Reason}");
            base.OnReset(frame);
        }

        public override void OnClosed() => app.Log.Enqueue("CLOSED");
    }
}
