using System.Reflection;

namespace Sluice.Frames;

/// <summary>Says in words a programmer can search for what an engine is running.</summary>
internal static class HandlerName
{
    /// <summary>Names it.</summary>
    /// <param name="running">What <see cref="FrameEngine.Running"/> says.</param>
    /// <param name="state">What a post carries.</param>
    public static string Of(object running, object? state) => running switch
    {
        // An await posts a callback of the framework, and says with its state what goes on.
        SendOrPostCallback when state is Delegate continuation => $"a post: {OfMethod(continuation)}",
        SendOrPostCallback callback => $"a post: {OfMethod(callback)}",
        Delegate callback => $"a timer or budget callback: {OfMethod(callback)}",
        _ => OfType(running.GetType()),
    };

    // Outer+<>c__DisplayClass3_0.<Method>b__1 is a lambda in Outer.Method; AsyncStateMachineBox<.., Outer+<Method>d__5> an async method.
    private static string OfMethod(Delegate callback)
    {
        if (callback.Target?.GetType() is { IsGenericType: true } box
            && Array.Find(box.GetGenericArguments(), argument => argument.Name.Contains(">d__", StringComparison.Ordinal)) is { } machine)
        {
            return $"{OfType(machine)}.{Inner(machine.Name)}";
        }

        MethodInfo method = callback.Method;
        return method.DeclaringType is { } type ? $"{OfType(type)}.{Inner(method.Name)}" : Inner(method.Name);
    }

    private static string OfType(Type type)
    {
        while (type.Name.Contains('<', StringComparison.Ordinal) && type.DeclaringType is { } outer)
        {
            type = outer;
        }

        string name = type.IsGenericType ? type.GetGenericTypeDefinition().FullName ?? type.Name : type.FullName ?? type.Name;
        return name.Split('`')[0].Replace('+', '.');
    }

    private static string Inner(string name)
    {
        int start = name.IndexOf('<', StringComparison.Ordinal);
        int end = name.IndexOf('>', StringComparison.Ordinal);
        return start >= 0 && end > start + 1 ? name[(start + 1)..end] : name;
    }
}
