using Sluice.Frames.Memory;

namespace Sluice.Simulation;

/// <summary>The files that all worlds take their content from, mapped once; and one node's offer of one of them.</summary>
internal sealed unsafe class SimSource : IDisposable
{
    public const int Files = 4;

    private const int FileBytes = 1 << 20;

    /// <summary>Where the files are, for as long as the process lives.</summary>
    public static readonly string Directory = MakeDirectory();

    private static readonly byte[][] Contents = [.. Enumerable.Range(0, Files).Select(Write)];
    private static readonly ReadOnlyMap[] Maps = [.. Enumerable.Range(0, Files).Select(file => new ReadOnlyMap(File.OpenHandle(PathOf(file))))];

    /// <param name="file">Which.</param>
    /// <param name="hasName">False: a peer that looks for it finds nothing.</param>
    public SimSource(int file, bool hasName) => Source = new PayloadSource(hasName ? PathOf(file) : PathOf(file) + ".gone", Maps[file].Start, FileBytes, this);

    public PayloadSource Source { get; }

    /// <summary>False once the engine has let go of it.</summary>
    public bool IsMapped { get; private set; } = true;

    /// <summary>Where a message begins in its file: it has room for the largest behind it.</summary>
    public static int PositionOf(byte salt, int message) => ((salt * 3989) + (message * 4057)) % (FileBytes / 2);

    public static byte ByteAt(int file, int position) => Contents[file][position];

    public void Dispose() => IsMapped = false;

    private static string PathOf(int file) => Path.Combine(Directory, $"{file}.log");

    private static string MakeDirectory()
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("sluice-sim-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(directory, recursive: true);
        return directory;
    }

    private static byte[] Write(int file)
    {
        byte[] content = new byte[FileBytes];
        new Random(file).NextBytes(content);
        File.WriteAllBytes(PathOf(file), content);
        return content;
    }
}
