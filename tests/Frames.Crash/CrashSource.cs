using System.Globalization;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Crash;

/// <summary>Content of conversations in files that come and go, as segments do: byte i is i modulo 256. One engine.</summary>
/// <param name="directory">Where the files are; it stays when this is killed.</param>
public sealed class CrashSource(string directory) : IDisposable
{
    private const int UsesOfFile = 100;
    private const int FileBytes = FrameLayout.PayloadBytesMax + 256;

    private PayloadSource? _source;
    private int _uses;

    /// <summary>A file to refer to now.</summary>
    public PayloadSource Next()
    {
        if (_uses++ % UsesOfFile == 0)
        {
            Dispose();
            string path = Path.Combine(Directory.CreateDirectory(directory).FullName, string.Create(CultureInfo.InvariantCulture, $"{Guid.NewGuid():N}.log"));
            byte[] content = new byte[FileBytes];
            for (int i = 0; i < content.Length; i++)
            {
                content[i] = (byte)i;
            }

            File.WriteAllBytes(path, content);
            _source = PayloadSource.Open(path);
        }

        return _source!;
    }

    /// <summary>Lets go of the file: those who have it mapped keep it.</summary>
    public void Dispose()
    {
        if (_source is not null)
        {
            File.Delete(_source.Path);
            _source.Retire();
            _source = null;
        }
    }
}
