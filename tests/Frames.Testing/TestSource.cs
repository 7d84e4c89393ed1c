using Sluice.Frames.Memory;

namespace Sluice.Frames.Testing;

/// <summary>A file with known content that streams may refer to, in a directory of its own.</summary>
public sealed unsafe class TestSource : IDisposable
{
    private readonly bool _ownsDirectory;

    /// <summary>Writes the file and maps it.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="directory">Where; null for a new directory.</param>
    /// <param name="name">Its name there.</param>
    public TestSource(int bytes = 256 * 1024, string? directory = null, string name = "source.log")
    {
        _ownsDirectory = directory is null;
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("sluice-source-").FullName;
        Content = new byte[bytes];
        new Random(bytes).NextBytes(Content);
        Path = System.IO.Path.Combine(Directory, name);
        File.WriteAllBytes(Path, Content);
        var map = new ReadOnlyMap(File.OpenHandle(Path));
        Source = new PayloadSource(Path, map.Start, map.Bytes, new Mapping(this, map));
    }

    /// <summary>Where it is.</summary>
    public string Directory { get; }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>All of it.</summary>
    public byte[] Content { get; }

    /// <summary>What streams refer to.</summary>
    public PayloadSource Source { get; }

    /// <summary>False once the mapping has been let go of.</summary>
    public bool IsMapped { get; private set; } = true;

    /// <summary>A stretch of the content.</summary>
    public byte[] At(int position, int bytes) => Content.AsSpan(position, bytes).ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        Source.Retire();
        if (_ownsDirectory)
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    private sealed class Mapping(TestSource source, ReadOnlyMap map) : IDisposable
    {
        public void Dispose()
        {
            source.IsMapped = false;
            map.Dispose();
        }
    }
}
