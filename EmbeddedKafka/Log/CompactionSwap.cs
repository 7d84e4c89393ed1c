namespace Sluice.EmbeddedKafka.Log;

/// <summary>Puts a compacted file in the place of the segments it was made from, so that a crash leaves the old or the new.</summary>
/// <remarks>
/// A draft is named <c>first-end.cleaned</c>. Renaming it to <c>.swap</c> is the moment of decision: a start that finds a
/// draft forgets it; a start that finds a swap finishes the job.
/// </remarks>
internal static class CompactionSwap
{
    /// <summary>Commits a draft. Call <paramref name="remove"/> once nobody can find the old segments any more.</summary>
    /// <returns>The new segment, or null when nothing was left of the group.</returns>
    public static Segment? Commit(string draft, List<Segment> group, out Action remove)
    {
        if (new FileInfo(draft).Length == 0)
        {
            File.Delete(draft);
            remove = () => group.ForEach(Delete);
            return null;
        }

        string swap = Path.ChangeExtension(draft, ".swap");
        File.Move(draft, swap, overwrite: true);
        var merged = Segment.Open(swap, group[0].BaseOffset);
        SegmentFiles.Load(merged);
        remove = () =>
        {
            group.ForEach(Delete);
            string path = Path.Combine(Path.GetDirectoryName(swap)!, Segment.NameOf(merged.BaseOffset) + ".log");
            File.Move(swap, path, overwrite: true);
            merged.Path = path;
        };
        return merged;
    }

    /// <summary>At start, before segments are opened.</summary>
    public static void Finish(string directory)
    {
        foreach (string draft in Directory.GetFiles(directory, "*.cleaned"))
        {
            File.Delete(draft);
        }

        foreach (string swap in Directory.GetFiles(directory, "*.swap"))
        {
            string[] bounds = Path.GetFileNameWithoutExtension(swap).Split('-');
            if (bounds.Length != 2 || !long.TryParse(bounds[0], out long first) || !long.TryParse(bounds[1], out long end))
            {
                continue;
            }

            foreach (string log in Directory.GetFiles(directory, "*.log"))
            {
                if (long.TryParse(Path.GetFileNameWithoutExtension(log), out long at) && at >= first && at < end)
                {
                    File.Delete(SegmentFiles.IndexPath(log));
                    File.Delete(log);
                }
            }

            File.Move(swap, Path.Combine(directory, Segment.NameOf(first) + ".log"), overwrite: true);
        }
    }

    public static void Delete(Segment segment)
    {
        segment.Dispose();
        File.Delete(SegmentFiles.IndexPath(segment.Path));
        File.Delete(segment.Path);
    }
}
