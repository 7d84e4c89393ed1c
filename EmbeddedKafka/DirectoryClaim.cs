using System.Text;
using Sluice.EmbeddedKafka.Log;
using Sluice.ServiceDefaults;

namespace Sluice.EmbeddedKafka;

/// <summary>Holds a data directory for this process alone, for as long as it lives; the system lets go when the process dies.</summary>
internal sealed class DirectoryClaim : IDisposable
{
    private readonly FileStream _lock;
    private readonly string _directory;

    private DirectoryClaim(string directory, FileStream held) => (_directory, _lock) = (directory, held);

    public static DirectoryClaim Take(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            string path = Path.Combine(directory, ".lock");
            return new DirectoryClaim(directory, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException)
        {
            throw new ServiceStartException(
                $"the data directory {directory} cannot be written by this user; choose another with --data or change its owner");
        }
        catch (IOException e) when (Directory.Exists(directory))
        {
            throw new ServiceStartException(
                $"the data directory {directory} is in use by another process; stop it or choose another with --data ({e.Message})");
        }
        catch (IOException e)
        {
            throw new ServiceStartException($"the data directory {directory} cannot be created: {e.Message}");
        }
    }

    /// <summary>The id of the cluster, 22 characters, made at the first start.</summary>
    public string ClusterId()
    {
        string path = Path.Combine(_directory, "cluster-id");
        if (!File.Exists(path))
        {
            string id = Convert.ToBase64String(Guid.NewGuid().ToByteArray())[..22].Replace('+', '-').Replace('/', '_');
            AtomicFile.Write(path, Encoding.ASCII.GetBytes(id));
        }

        return File.ReadAllText(path);
    }

    public void Dispose() => _lock.Dispose();
}
