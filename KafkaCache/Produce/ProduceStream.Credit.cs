using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Memory;

namespace Sluice.KafkaCache.Produce;

// Credit: nothing is granted that has no room in the budget of the process.
internal sealed partial class ProduceStream
{
    private LinkedListNode<IBudgetWaiter>? _line;
    private EngineTimer? _patience;
    private long _windowTaken; // of the budget, for the window
    private long _taken;       // of the budget, for records: assembled and pending ones

    public void OnBudget()
    {
        if (_line is null || _isOver)
        {
            return; // Told twice, or too late.
        }

        if (_windowTaken == 0)
        {
            TryGrant();
        }
        else
        {
            Settle();
        }
    }

    private void TryGrant()
    {
        int windowBytes = scope.Settings.WindowBytes;
        if (!scope.Budget.TryTake(windowBytes))
        {
            StandInLine();
            if (!scope.Budget.TryTake(windowBytes))
            {
                return;
            }
        }

        _windowTaken = windowBytes;
        LeaveLine();
        Port.SendWindow(windowBytes);
    }

    // Takes room for what is held; only then may more come.
    private void Settle()
    {
        if (_isOver)
        {
            return;
        }

        long held = _pendingBytes + _assembly.Bytes;
        if (held > _taken)
        {
            if (!scope.Budget.TryTake(held - _taken))
            {
                StandInLine();
                if (!scope.Budget.TryTake(held - _taken))
                {
                    return;
                }
            }

            Engine.Memory.Take(MemoryUser.Records, held - _taken);
            _taken = held;
        }

        LeaveLine();
        GiveBack();
        if (_owedBytes > 0)
        {
            int owed = _owedBytes;
            _owedBytes = 0;
            Port.Acknowledge(owed);
        }

        EndIfDone();
    }

    private void GiveBack()
    {
        long held = _pendingBytes + _assembly.Bytes;
        if (held < _taken)
        {
            scope.Budget.Give(_taken - held);
            Engine.Memory.Give(MemoryUser.Records, _taken - held);
            _taken = held;
        }
    }

    private void GiveWindow()
    {
        if (_windowTaken > 0)
        {
            scope.Budget.Give(_windowTaken);
            _windowTaken = 0;
        }
    }

    private void StandInLine()
    {
        _line ??= scope.Budget.Wait(this);
        _patience ??= Engine.Schedule(scope.Settings.BudgetWaitMs, static state => ((ProduceStream)state!).OnPatienceOver(), this);
    }

    private void LeaveLine()
    {
        if (_line is not null)
        {
            scope.Budget.Leave(_line);
            _line = null;
        }

        _patience?.Dispose();
        _patience = null;
    }

    private void OnPatienceOver()
    {
        ProduceLog.BudgetExhausted(scope.Logger, scope.Client, scope.Budget.TotalBytes, topic, scope.Settings.BudgetWaitMs);
        Fail(KafkaErrors.RequestTimedOut, CloseReason.Refused);
    }
}
