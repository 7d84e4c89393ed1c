using System.Diagnostics;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Clients;

/// <summary>Walks kcat, the command line around librdkafka, through what its users do; skipped where it is not installed.</summary>
public sealed class KcatSteps
{
    private readonly Steps _steps = new();

    [Fact]
    public async Task Kcat_passes_its_steps()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string? kcat = folders.Select(f => Path.Combine(f, "kcat")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(kcat is null, "kcat is not on the PATH");
        await using var broker = await StartAsync(o => o with { CleanIntervalMs = 120_000 });
        await broker.CreateAsync("walk", 1, ("retention.ms", "-1"));
        await broker.CreateAsync("wide", 3);
        Task<string> Kcat(string arguments, string input = "") => RunAsync(kcat, $"-b {broker.Server} {arguments}", input);
        Task<string> Read(string topic, string format, string more = "-o beginning") => Kcat($"-C -q -e -t {topic} {more} -f {format}\\n");

        await _steps.Do("lists brokers and topics", async () =>
        {
            string listed = await Kcat("-L");
            Assert.Contains("1 brokers:", listed);
            Assert.Contains("topic \"wide\" with 3 partitions:", listed);
        });
        await _steps.Do("lists as JSON", async () => Assert.Contains("\"controllerid\":1", await Kcat("-L -J")));
        await _steps.Do("produces values", () => Kcat("-P -t walk -p 0", "one\ntwo\n"));
        await _steps.Do("reads values with offsets", async () => Assert.Equal("0:one\n1:two\n", await Read("walk", "%o:%s")));
        await _steps.Do("produces keys", async () =>
        {
            await Kcat("-P -t walk -p 0 -K :", "k:v\n");
            Assert.Equal("k=v\n", await Read("walk", "%k=%s", "-o 2"));
        });
        await _steps.Do("produces headers, twice the same and an empty one", async () =>
        {
            await Kcat("-P -t walk -p 0 -k h -H a=1 -H a=2 -H b=", "headed\n");
            Assert.Equal("a=1,a=2,b=\n", await Read("walk", "%h", "-o 3"));
        });
        await _steps.Do("produces a tombstone", async () =>
        {
            await Kcat("-P -t walk -p 0 -Z -K :", "gone:\n");
            Assert.Equal("gone,-1\n", await Read("walk", "%k,%S", "-o 4"));
        });
        foreach (string codec in (string[])["none", "gzip", "snappy", "lz4", "zstd"])
        {
            await _steps.Do($"produces {codec} and reads it", async () =>
            {
                string lines = string.Concat(Enumerable.Range(0, 100).Select(i => $"{codec}-{i}\n"));
                await Kcat($"-P -t {codec} -z {codec} -X linger.ms=50", lines);
                Assert.Equal(lines, await Read(codec, "%s"));
            });
        }

        await _steps.Do("reads the last records", async () => Assert.Equal("zstd-98\nzstd-99\n", await Read("zstd", "%s", "-o -2")));
        await _steps.Do("reads a number of records", async () => Assert.Equal("zstd-0\nzstd-1\n", await Read("zstd", "%s", "-o beginning -c 2")));
        await _steps.Do("finds offsets by time", async () =>
        {
            await broker.CreateAsync("timed", 1, ("retention.ms", "-1"));
            using var producer = broker.Producer();
            foreach (long time in (long[])[1000, 2000, 3000, 4000])
            {
                var message = Message("k", $"{time}");
                message.Timestamp = new(time, Confluent.Kafka.TimestampType.CreateTime);
                await producer.ProduceAsync("timed", message);
            }

            Assert.Equal("timed [0] offset 1\n", await Kcat("-Q -t timed:0:1500"));
        });
        await _steps.Do("reads between two times", async () =>
            Assert.Equal("2000@2000\n3000@3000\n", await Read("timed", "%s@%T", "-o s@1500 -o e@3500")));
        await _steps.Do("reads in a group, once", async () =>
        {
            const string Group = "-q -e -X auto.offset.reset=earliest -f %s\\n -G readers gzip";
            Assert.Equal(100, (await Kcat(Group)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
            Assert.Equal("", await Kcat(Group));
        });
        await _steps.Do("produces in a transaction", async () =>
        {
            await Kcat("-P -t txn -X transactional.id=kcat", "a\nb\n");
            Assert.Equal("a\nb\n", await Read("txn", "%s", "-o beginning -X isolation.level=read_committed"));
        });
        Assert.Equal(18, _steps.Passed);
    }

    private static async Task<string> RunAsync(string program, string arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(Patience);
            string complaints = await error;
            Assert.True(process.ExitCode == 0, $"kcat {arguments} ended with {process.ExitCode}: {complaints}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
