using System.Diagnostics.CodeAnalysis;

namespace Sluice.Frames;

/// <summary>Posts for which the ring had no room, each with its number: producers push in any order, the engine takes in order.</summary>
internal sealed class PostOverflow
{
    private Node? _pushed; // A stack: what came last is on top.
    private Node? _first;  // In order of numbers; the engine's own.
    private Node? _last;

    /// <summary>True when the post may be here. Engine thread.</summary>
    public bool MayHave(long number) => _first?.Number == number || Volatile.Read(ref _pushed) is not null;

    /// <summary>Any thread.</summary>
    public void Push(long number, SendOrPostCallback callback, object? state)
    {
        var node = new Node(number, callback, state);
        Node? top = Volatile.Read(ref _pushed);
        while (true)
        {
            node.Next = top;
            Node? found = Interlocked.CompareExchange(ref _pushed, node, top);
            if (found == top)
            {
                return;
            }

            top = found;
        }
    }

    /// <summary>Takes the post of this number, if it has arrived. Engine thread.</summary>
    public bool TryTake(long number, [NotNullWhen(true)] out SendOrPostCallback? callback, out object? state)
    {
        if (_first?.Number != number)
        {
            Sort();
        }

        if (_first is not { } first || first.Number != number)
        {
            callback = null;
            state = null;
            return false;
        }

        _first = first.Next;
        if (_first is null)
        {
            _last = null;
        }
        else
        {
            _first.Previous = null;
        }

        callback = first.Callback;
        state = first.State;
        return true;
    }

    // Numbers are drawn and pushed at nearly the same time, so a post is nearly always the newest, and the walk back is short.
    private void Sort()
    {
        Node? pushed = Volatile.Read(ref _pushed) is null ? null : Interlocked.Exchange(ref _pushed, null);
        Node? oldest = null;
        while (pushed is not null)
        {
            Node? next = pushed.Next;
            pushed.Next = oldest;
            oldest = pushed;
            pushed = next;
        }

        while (oldest is not null)
        {
            Node? next = oldest.Next;
            Insert(oldest);
            oldest = next;
        }
    }

    private void Insert(Node node)
    {
        Node? before = _last;
        while (before is not null && before.Number > node.Number)
        {
            before = before.Previous;
        }

        node.Previous = before;
        node.Next = before is null ? _first : before.Next;
        if (node.Previous is null)
        {
            _first = node;
        }
        else
        {
            node.Previous.Next = node;
        }

        if (node.Next is null)
        {
            _last = node;
        }
        else
        {
            node.Next.Previous = node;
        }
    }

    private sealed class Node(long number, SendOrPostCallback callback, object? state)
    {
        public readonly long Number = number;
        public readonly SendOrPostCallback Callback = callback;
        public readonly object? State = state;
        public Node? Previous;
        public Node? Next;
    }
}
