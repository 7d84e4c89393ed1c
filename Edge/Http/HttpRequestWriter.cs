using System.Buffers;
using System.Text;
using Microsoft.Extensions.Primitives;
using Sluice.Configuration.Expressions;
using Sluice.Configuration.Patterns;
using Sluice.Frames.Extensions;

namespace Sluice.Edge.Http;

/// <summary>Writes a request's head as the extension of its BEGIN: pseudo headers first, lower-case names, overrides applied.</summary>
/// <remarks>The route's overrides win over the binding's (config-core §3.3, order of work 8).</remarks>
internal static class HttpRequestWriter
{
    /// <summary>Writes into this thread's scratch buffer.</summary>
    /// <returns>False when the head does not fit an extension.</returns>
    public static bool TryWrite(
        in HttpRequestHead head, IReadOnlyList<HttpOverride> overrides, in HttpRouteMatch match, HeaderText text, out ReadOnlySpan<byte> extension)
    {
        ExtensionWriter writer = HttpEx.Write(ExtensionWriter.Scratch);
        if (overrides.Count == 0 && match.Route.Overrides.Count == 0)
        {
            WritePlain(ref writer, head, text);
        }
        else
        {
            WriteOverridden(ref writer, head, Replacements(head, overrides, match), text);
        }

        writer.CloseHeaders();
        extension = writer.Written;
        return !writer.IsOverrun;
    }

    private static void WritePlain(ref ExtensionWriter writer, in HttpRequestHead head, HeaderText text)
    {
        Add(ref writer, ":scheme"u8, head.Scheme);
        Add(ref writer, ":method"u8, head.Method);
        Add(ref writer, ":path"u8, head.Path);
        Add(ref writer, ":authority"u8, head.Authority);
        foreach ((string name, StringValues values) in head.Headers)
        {
            AddClientHeader(ref writer, head, name, values, text);
        }
    }

    private static void WriteOverridden(
        ref ExtensionWriter writer, in HttpRequestHead head, Dictionary<string, string> replacements, HeaderText text)
    {
        Add(ref writer, ":scheme"u8, Take(replacements, ":scheme") ?? head.Scheme);
        Add(ref writer, ":method"u8, Take(replacements, ":method") ?? head.Method);
        Add(ref writer, ":path"u8, Take(replacements, ":path") ?? head.Path);
        Add(ref writer, ":authority"u8, Take(replacements, ":authority") ?? head.Authority);
        foreach ((string name, StringValues values) in head.Headers)
        {
            if (!replacements.ContainsKey(name))
            {
                AddClientHeader(ref writer, head, name, values, text);
            }
        }

        foreach ((string name, string value) in replacements)
        {
            Add(ref writer, text.LowerName(name), value);
        }
    }

    private static void AddClientHeader(ref ExtensionWriter writer, in HttpRequestHead head, string name, StringValues values, HeaderText text)
    {
        byte[] lower = text.LowerName(name);
        if (HttpHopByHop.IsConsumed(lower) || (head.Headers.Connection.Count > 0 && HttpHopByHop.IsNominated(head.Headers.Connection, name)))
        {
            return;
        }

        Add(ref writer, lower, HttpRequestHead.Join(name, values));
    }

    // Text stands for bytes one to one; only ASCII is its own UTF-8.
    private static void Add(ref ExtensionWriter writer, ReadOnlySpan<byte> name, string value)
    {
        if (Ascii.IsValid(value))
        {
            writer.AddHeader(name, value);
            return;
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(value.Length);
        writer.AddHeader(name, bytes.AsSpan(0, Encoding.Latin1.GetBytes(value, bytes)));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private static string? Take(Dictionary<string, string> replacements, string name) =>
        replacements.Remove(name, out string? value) ? value : null;

    private static Dictionary<string, string> Replacements(
        in HttpRequestHead head, IReadOnlyList<HttpOverride> overrides, in HttpRouteMatch match)
    {
        var replacements = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var values = new PathValues(match.Condition?.Path, head.Path);
        foreach (HttpOverride item in overrides)
        {
            replacements[item.Name] = item.Value.Expand(ref values);
        }

        foreach (HttpOverride item in match.Route.Overrides)
        {
            replacements[item.Name] = item.Value.Expand(ref values);
        }

        return replacements;
    }

    /// <summary><c>${params.x}</c>: what the route's <c>:path</c> captured; empty when it captures no such name.</summary>
    private readonly struct PathValues(PathPattern? pattern, string path) : IExpressionValues
    {
        public ReadOnlySpan<char> ValueOf(in ExpressionSegment segment)
        {
            int index = segment.Kind == ExpressionKinds.Param && pattern is not null ? pattern.IndexOf(segment.Name) : -1;
            if (index < 0)
            {
                return default;
            }

            Span<Range> captures = stackalloc Range[PathPattern.GapsMax];
            ReadOnlySpan<char> matched = HttpRoutes.Matched(pattern!, path);
            return pattern!.TryMatch(matched, captures) ? matched[captures[index]] : default;
        }
    }
}
