using System.Runtime.InteropServices;

namespace Sluice.Frames.Memory;

// Sockets and epoll: only what the engine's own transport needs. Linux; numbers are those of the kernel's interface on x64 and arm64.
internal static unsafe partial class Unix
{
    public const int Eintr = 4;
    public const int Eagain = 11;
    public const int Enomem = 12;
    public const int Enfile = 23;  // The system is out of descriptors.
    public const int Emfile = 24;  // The process is.
    public const int Enobufs = 105;

    public const uint EpollIn = 0x001;
    public const uint EpollOut = 0x004;
    public const uint EpollErr = 0x008;
    public const uint EpollHup = 0x010;
    public const uint EpollRdHup = 0x2000;
    public const uint EpollEdge = 1u << 31;

    public const int EpollAdd = 1;
    public const int EpollDelete = 2;

    public const int StreamSocket = 1;
    public const int SocketNonBlocking = 0x800;
    public const int SocketCloseOnExec = 0x80000;
    public const int MessageNoSignal = 0x4000;

    // The kernel packs this structure on x64 only.
    public static readonly int EpollEventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    public static readonly int EpollDataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    public static int LastError => Marshal.GetLastPInvokeError();

    public static int EpollCreate() => epoll_create1(SocketCloseOnExec);

    public static int EpollControl(int epoll, int operation, int descriptor, uint events, long data)
    {
        byte* entry = stackalloc byte[16];
        *(uint*)entry = events;
        *(long*)(entry + EpollDataOffset) = data;
        return epoll_ctl(epoll, operation, descriptor, entry);
    }

    public static int EpollWait(int epoll, Span<byte> events, int timeoutMs)
    {
        fixed (byte* pointer = events)
        {
            int count = events.Length / EpollEventBytes;
            return timeoutMs == 0 ? epoll_look(epoll, pointer, count, 0) : epoll_wait(epoll, pointer, count, timeoutMs);
        }
    }

    public static int Socket(int family, int type) => socket(family, type | SocketNonBlocking | SocketCloseOnExec, 0);

    public static int Bind(int descriptor, ReadOnlySpan<byte> address)
    {
        fixed (byte* pointer = address)
        {
            return bind(descriptor, pointer, (uint)address.Length);
        }
    }

    public static int Listen(int descriptor, int backlog) => listen(descriptor, backlog);

    public static int Accept(int descriptor, Span<byte> address, out int addressBytes)
    {
        uint length = (uint)address.Length;
        fixed (byte* pointer = address)
        {
            int accepted = accept4(descriptor, pointer, &length, SocketNonBlocking | SocketCloseOnExec);
            addressBytes = (int)length;
            return accepted;
        }
    }

    public static int LocalAddress(int descriptor, Span<byte> address)
    {
        uint length = (uint)address.Length;
        fixed (byte* pointer = address)
        {
            return getsockname(descriptor, pointer, &length) == 0 ? (int)length : -1;
        }
    }

    public static int SetOption(int descriptor, int level, int option, int value) => setsockopt(descriptor, level, option, &value, sizeof(int));

    public static int SetLingerZero(int descriptor)
    {
        long onAndZero = 1; // struct linger { int on = 1; int seconds = 0; }
        return setsockopt(descriptor, 1, 13, &onAndZero, sizeof(long));
    }

    /// <summary>Bytes received, or an error number below zero.</summary>
    public static int Receive(int descriptor, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            nint received = recv(descriptor, pointer, (nuint)buffer.Length, 0);
            return received >= 0 ? (int)received : -Marshal.GetLastSystemError();
        }
    }

    /// <summary>Bytes sent, or an error number below zero.</summary>
    public static int Send(int descriptor, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            nint sent = send(descriptor, pointer, (nuint)buffer.Length, MessageNoSignal);
            return sent >= 0 ? (int)sent : -Marshal.GetLastSystemError();
        }
    }

    public static void Shutdown(int descriptor, int how) => _ = shutdown(descriptor, how);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* entry);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_wait(int epoll, byte* entries, int count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int bind(int descriptor, byte* address, uint bytes);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int listen(int descriptor, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int accept4(int descriptor, byte* address, uint* bytes, int flags);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int getsockname(int descriptor, byte* address, uint* bytes);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setsockopt(int descriptor, int level, int option, void* value, uint bytes);

    // These never wait: the sockets are non-blocking, and the look has no timeout. So the collector need not be told that the thread is away,
    // and nothing of the runtime runs between the call and the look at errno. They are called for every message.
    [SuppressGCTransition]
    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint recv(int descriptor, byte* buffer, nuint bytes, int flags);

    [SuppressGCTransition]
    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint send(int descriptor, byte* buffer, nuint bytes, int flags);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_look(int epoll, byte* entries, int count, int timeoutMs);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int shutdown(int descriptor, int how);
}
