using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>config-core §2.4 rule 5 between processes: what a killed process had borrowed, and what was under way, comes back.</summary>
[Collection("processes")]
public sealed class BudgetCrashTests : IAsyncDisposable
{
    private const long CreditBytes = 50_000;
    private const int Streams = 8;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-budget-").FullName;
    private readonly List<Talk> _talks = [];
    private readonly Random _random = new();
    private EngineGroup? _group;
    private Budget? _budget;

    public async ValueTask DisposeAsync()
    {
        if (_group is not null)
        {
            await Ask(() =>
            {
                _budget!.Dispose();
                return true;
            });
            await _group.DisposeAsync();
            ((LeakObserver)_group.Options.Observer).AssertClean();
        }

        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Streams_of_two_processes_share_a_budget_and_a_kill_loses_none_of_it()
    {
        _group = EngineGroup.Start(
            new EngineGroupOptions { Room = "front", EngineCount = 1, RunDirectory = _directory, ConnectTo = ["back"], Observer = new LeakObserver() },
            engine =>
            {
                engine.Place(Crash.Chatter.BindingId, "back");
                _budget = engine.Budgets.Acquire();
                _budget.Credit(CreditBytes);
            });
        for (int kill = 0; kill < Kills.OfLinks / 10; kill++)
        {
            using ChildProcess child = ChildProcess.Start("link", _directory, "back");
            await Eventually.TrueAsync(() => _group.HasLinkTo("back"), "the link to open");
            await Ask(Begin);
            long bytes = Heard() + _random.Next(2_000_000);
            await Eventually.TrueAsync(() => Heard() >= bytes, "content to come back", found: () => $"{Heard()} bytes");
            child.Kill();
            await Eventually.TrueAsync(() => _group.StreamCount == 0, "the streams to end");
            Assert.Equal((CreditBytes, 0), await Ask(() => (_budget!.AvailableBytes, _talks.Count(talk => talk.IsOverdrawn))));
        }
    }

    private bool Begin()
    {
        for (int i = 0; i < Streams; i++)
        {
            var talk = new Talk(_budget!, _talks);
            _talks.Add(talk);
            _group!.Engines[0].Open(talk, 1, Crash.Chatter.BindingId);
        }

        return true;
    }

    private long Heard() => Ask(() => _talks.Sum(talk => talk.HeardBytes)).Result;

    private Task<T> Ask<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _group!.Engines[0].Post(() => answer.SetResult(question()));
        return answer.Task.WaitAsync(TimeSpan.FromMilliseconds(Eventually.DeadlineMs));
    }

    /// <summary>Sends without end; what comes back is paid from the budget, which gets it again.</summary>
    private sealed class Talk(Budget budget, List<Talk> all) : StreamHandler
    {
        private static readonly byte[] _content = new byte[FrameLayout.PayloadBytesMax];
        private long _held;

        public long HeardBytes { get; private set; }

        public bool IsOverdrawn { get; private set; }

        public override void OnBegin(in BeginFrame frame) => Port.SendWindow(40_000, budgetId: budget.Id);

        public override void OnWindow(in WindowFrame frame)
        {
            while (Port.SendableBytes is > 0 and int sendable && Port.TrySendData(_content.AsSpan(0, sendable)))
            {
            }
        }

        public override void OnData(in DataFrame frame)
        {
            HeardBytes += frame.Payload.Length;
            _held += frame.BudgetId == budget.Id ? frame.Reserved : 0;
            IsOverdrawn |= frame.BudgetId != budget.Id || budget.AvailableBytes + all.Sum(talk => talk._held) > CreditBytes;
            Port.Acknowledge(frame.Reserved);
            Port.Engine.Post(Free); // Other content arrives meanwhile.
        }

        public override void OnClosed() => Free();

        private void Free()
        {
            budget.Return(_held);
            _held = 0;
        }
    }
}
