namespace Sluice.EmbeddedKafka.Log;

/// <summary>Puts a compacted file in the place of the segments it was made from, so that a crash leaves the old or the new.</summary>
/// <remarks>
/// A draft is named <c>first-end.cleaned</c>. Renaming it to <c>.swap</c> is the moment of decision: a start that finds a
/// draft forgets it; a start that finds a swap finishes the job.
/// </remarks>
internal static class CompactionSwap
{
    /// <summary>Opens a draft and reads it through; null when nothing was left of its group.</summary>
    public static Segment? Open(string draft, long baseOffset)
    {
        if (new FileInfo(draft).Length == 0)
        {
            return null;
        }

        var merged = Segment.Open(draft, baseOffset);
        SegmentFiles.Load(merged);
        return merged;
    }

    /// <summary>Decides for a draft.</summary>
    /// <returns>Removes the old segments; to be called once nobody can find them any more.</returns>
    public static Action Commit(string draft, Segment? merged, List<Segment> group)
    {
        if (merged is null)
        {
            File.Delete(draft);
            return () => group.ForEach(Delete);
        }

        string swap = Path.ChangeExtension(draft, ".swap");
        File.Move(draft, swap, overwrite: true);
        merged.Path = swap;
        return () =>
        {
            group.ForEach(Delete);
            string path = Path.Combine(Path.GetDirectoryName(swap)!, Segment.NameOf(merged.BaseOffset) + ".log");
            File.Move(swap, path, overwrite: true);
            merged.Path = path;
        };
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
