using System.Text;

namespace Sluice.Configuration.Text;

/// <summary>Reads a configuration file within its limits.</summary>
internal static class FileText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text, or null after saying why not.</summary>
    public static string? Read(string path, Findings findings)
    {
        var start = new SourcePosition(path, 1, 1);
        if (path.StartsWith("http://", StringComparison.Ordinal) || path.StartsWith("https://", StringComparison.Ordinal))
        {
            findings.Error(start, "a configuration at a remote address is not supported yet: give a file");
            return null;
        }

        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[file.CanSeek ? Math.Min(file.Length, TextLimits.TextBytesMax) + 1 : TextLimits.TextBytesMax + 1];
            int size = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (size <= TextLimits.TextBytesMax)
                return Decode(bytes.AsSpan(0, size));
            findings.Error(start, $"the file is larger than {TextLimits.TextBytesMax / (1024 * 1024)} MiB");
        }
        catch (DecoderFallbackException)
        {
            findings.Error(start, "the file is not UTF-8 text");
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            findings.Error(start, $"cannot be read: {Reason(trouble, path)}");
        }

        return null;
    }

    // A byte order mark is no part of the text.
    private static string Decode(ReadOnlySpan<byte> bytes) =>
        Strict.GetString(bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes);

    private static string Reason(Exception trouble, string path) => trouble switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a directory",
        UnauthorizedAccessException => "permission denied",
        _ => trouble.Message.ReplaceLineEndings(" "),
    };
}
